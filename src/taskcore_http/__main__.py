"""The entry point: ``taskcore-http``, or ``python -m taskcore_http``."""

from __future__ import annotations

import sys


def main() -> None:
    """Serve; without the packages for it, say in one line which extra brings them."""
    try:
        from taskcore_http.serving import serve
    except ModuleNotFoundError as error:
        print(
            f"taskcore-http: {error.name} is missing: pip install 'taskcore[http]'", file=sys.stderr
        )
        sys.exit(2)
    serve()


if __name__ == "__main__":
    main()
