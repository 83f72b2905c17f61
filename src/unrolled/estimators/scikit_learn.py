"""What scikit-learn asks of an estimator; scikit-learn itself is imported when it asks.

Importing scikit-learn takes longer than reading a model and predicting with it. So the estimators
do not inherit from its `BaseEstimator`: they have the methods that it looks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from inspect import Parameter, signature
from types import MethodType
from typing import Any, Self

from unrolled.errors import NotFittedError, SettingError, did_you_mean, quote_names


def not_fitted_error(message: str) -> NotFittedError:
    """Return an error that scikit-learn's `NotFittedError` catches too.

    As long as scikit-learn is not imported, nobody can expect an error of it.
    """
    exceptions = sys.modules.get("sklearn.exceptions")
    kind = NotFittedError if exceptions is None else _joined(exceptions.NotFittedError)
    return kind(message)


@cache
def _joined(of_scikit_learn: type[Exception]) -> type[NotFittedError]:
    def reduce(error: NotFittedError) -> Any:  # so that a worker process can send it
        return not_fitted_error, error.args

    namespace = {"__module__": NotFittedError.__module__, "__reduce__": reduce}
    return type("NotFittedError", (NotFittedError, of_scikit_learn), namespace)


class available_if:  # noqa: N801  (as scikit-learn writes it)
    """A method that only some objects of a class have, as scikit-learn's decorator of this name.

    For the other objects `hasattr` is False.

    Args:
        check: Returns whether an object has the method.
    """

    def __init__(self, check: Callable[[Any], bool]) -> None:
        self.check = check

    def __call__(self, method: Callable[..., Any]) -> Any:
        """Decorate a method."""
        return _MethodOfSome(method, self.check)


class _MethodOfSome:
    def __init__(self, method: Callable[..., Any], check: Callable[[Any], bool]) -> None:
        self.method, self.check = method, check
        self.__doc__ = method.__doc__

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self.method
        if not self.check(instance):
            name = self.method.__name__
            raise AttributeError(f"This {owner.__name__!r} has no attribute {name!r}")
        return MethodType(self.method, instance)


class ScikitLearnEstimator:
    """The conventions of scikit-learn that are the same for every model."""

    _metadata_request: Any

    def __repr__(self) -> str:
        parameters = signature(type(self)).parameters.values()
        texts = {p.name: repr(getattr(self, p.name)) for p in parameters}
        changed = [p.name for p in parameters if texts[p.name] != repr(p.default)]
        return f"{type(self).__name__}({', '.join(f'{name}={texts[name]}' for name in changed)})"

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may expect of this model."""
        from sklearn.utils import Tags, TargetTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=None,
            regressor_tags=None,
            classifier_tags=None,
        )

    def get_metadata_routing(self) -> Any:
        """Return which arguments of `fit` and `predict` scikit-learn passes on to this model."""
        from sklearn.utils.metadata_routing import MetadataRequest

        if hasattr(self, "_metadata_request"):
            return self._metadata_request
        request = MetadataRequest(owner=self)
        for method in ("fit", "predict"):
            for name in self._keywords_of(method):
                getattr(request, method).add_request(param=name, alias=None)
        return request

    def set_fit_request(self, **requests: bool | str | None) -> Self:
        """Set which arguments of `fit` scikit-learn passes on, where metadata routing is enabled.

        Args:
            requests: By argument: whether it is passed on; or the name that it has there; None
                makes it an error to give it.

        Raises:
            SettingError: `fit` has no such argument.
        """
        return self._set_request("fit", requests)

    def set_predict_request(self, **requests: bool | str | None) -> Self:
        """Set which arguments of `predict` scikit-learn passes on; see `set_fit_request`.

        Raises:
            SettingError: `predict` has no such argument.
        """
        return self._set_request("predict", requests)

    def _set_request(self, method: str, requests: dict[str, bool | str | None]) -> Self:
        known = self._keywords_of(method)
        request = self.get_metadata_routing()
        for name, alias in requests.items():
            if name not in known:
                raise SettingError(
                    f"'{method}' of {type(self).__name__} has no argument '{name}'. Its arguments"
                    f" are {quote_names(known, len(known))}.{did_you_mean(name, known)}"
                )
            getattr(request, method).add_request(param=name, alias=alias)
        self._metadata_request = request
        return self

    def _keywords_of(self, method: str) -> list[str]:
        """Return the names of the keyword arguments of a method; none if there is no method."""
        function = getattr(type(self), method, None)
        parameters = signature(function).parameters.values() if function else ()
        return [p.name for p in parameters if p.kind == Parameter.KEYWORD_ONLY]
