"""How often one may try to sign in: from one address, and for one account."""

import threading

from harvester.serving.rates import Buckets, name_of

_BY_ADDRESS, _BY_ACCOUNT = 10, 5  # in a minute


class Attempts:
    """Of this process. Any thread may ask."""

    def __init__(self) -> None:
        self._buckets = Buckets()
        self._lock = threading.Lock()

    def wait_s(self, address: str, account: str) -> int:
        """Count one attempt; returns for how many seconds it has to wait, 0 where it may be made now.

        It does not matter whether there is such an account, so that nothing can be learnt from the answer.
        """
        with self._lock:
            rations = [self._buckets.take(f"address {name_of(address)}", _BY_ADDRESS)]
            if not rations[0].refused:
                rations.append(self._buckets.take(f"account {account[:64].strip().lower()}", _BY_ACCOUNT))
        return max((ration.wait_s for ration in rations if ration.refused), default=0)
