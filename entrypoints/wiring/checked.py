"""Providers whose arguments are type-checked.

dependency-injector's own take any provider for any argument. Here mypy compares what each of them
provides with what the function takes, one by one; more than seven are too many for one function.
"""

from collections.abc import Callable
from typing import Any, TypeVar, overload

from dependency_injector.providers import Provider, Singleton

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")


@overload
def once(make: Callable[[], T], /) -> Singleton[T]: ...
@overload
def once(make: Callable[[A], T], a: Provider[A], /) -> Singleton[T]: ...
@overload
def once(make: Callable[[A, B], T], a: Provider[A], b: Provider[B], /) -> Singleton[T]: ...
@overload
def once(
    make: Callable[[A, B, C], T], a: Provider[A], b: Provider[B], c: Provider[C], /
) -> Singleton[T]: ...
@overload
def once(
    make: Callable[[A, B, C, D], T],
    a: Provider[A],
    b: Provider[B],
    c: Provider[C],
    d: Provider[D],
    /,
) -> Singleton[T]: ...
@overload
def once(
    make: Callable[[A, B, C, D, E], T],
    a: Provider[A],
    b: Provider[B],
    c: Provider[C],
    d: Provider[D],
    e: Provider[E],
    /,
) -> Singleton[T]: ...
@overload
def once(
    make: Callable[[A, B, C, D, E, F], T],
    a: Provider[A],
    b: Provider[B],
    c: Provider[C],
    d: Provider[D],
    e: Provider[E],
    f: Provider[F],
    /,
) -> Singleton[T]: ...
@overload
def once(
    make: Callable[[A, B, C, D, E, F, G], T],
    a: Provider[A],
    b: Provider[B],
    c: Provider[C],
    d: Provider[D],
    e: Provider[E],
    f: Provider[F],
    g: Provider[G],
    /,
) -> Singleton[T]: ...


def once(make: Callable[..., T], /, *parts: Provider[Any]) -> Singleton[T]:
    """Return what calls the function with these parts when it is first asked, and keeps it."""
    return Singleton(make, *parts)
