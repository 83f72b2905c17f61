// Marks the functions that Python can call.
#pragma once

#if defined(_WIN32)
#define UNROLLED_EXPORT extern "C" __declspec(dllexport)
#else
#define UNROLLED_EXPORT extern "C" __attribute__((visibility("default")))
#endif
