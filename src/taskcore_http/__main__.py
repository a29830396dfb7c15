"""The entry point: ``taskcore-http``, or ``python -m taskcore_http``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Serve, or print a token; without the packages for it, say which extra brings them."""
    try:
        if sys.argv[1:2] == ["token"]:
            from taskcore_http.auth.issuing import print_token

            print_token(sys.argv[2:], os.environ)
            return
        from taskcore_http.serving import serve
    except ModuleNotFoundError as error:
        print(
            f"taskcore-http: {error.name} is missing: pip install 'taskcore[http]'", file=sys.stderr
        )
        sys.exit(2)
    serve()


if __name__ == "__main__":
    main()
