"""Who is who: what is known of a person without a request, and two who turn out to be one."""

from upheld.acts.people.find import find
from upheld.acts.people.merge import merge

__all__ = ["find", "merge"]
