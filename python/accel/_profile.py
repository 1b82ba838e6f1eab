# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The profile of a session's runs, written as a Chrome trace."""
import json
import os
import threading
import time


class Profiler:
    """Collects the launches of all runs of a session."""

    def __init__(self, library, prefix):
        self._library, self._prefix = library, prefix
        self._runs, self._lock = [], threading.Lock()

    def add(self, context):
        """Takes over the events of the context's last run."""
        events, start, finish = context.events()
        with self._lock:
            self._runs.append((threading.get_native_id(), events, start, finish))

    def write(self):
        with self._lock:
            runs, self._runs = self._runs, []
        path = f"{self._prefix}{time.strftime('%Y-%m-%d_%H-%M-%S')}_{os.getpid()}.json"
        with open(path, "w") as file:
            json.dump({"traceEvents": self._trace(runs), "displayTimeUnit": "ns"}, file)
        return path

    def _trace(self, runs):
        base = min((start for _, _, start, _ in runs), default=0)
        process, sites, trace = os.getpid(), {}, []

        def add(thread, name, category, start, finish, arguments):
            trace.append(
                dict(ph="X", pid=process, tid=thread, name=name, cat=category, ts=(start - base) / 1e3, dur=(finish - start) / 1e3, args=arguments)
            )

        for thread, events, start, finish in runs:
            add(thread, self._library.name or "run", "run", start, finish, {})
            for site, threads, items, begin, end in events:
                if site not in sites:
                    sites[site] = self._library.site(site)
                kernel, nodes, flops, _ = sites[site]
                arguments = {"kernel": kernel, "nodes": nodes, "threads": threads, "items": items}
                if flops and end > begin:
                    arguments["GFLOP/s"] = round(flops * items / (end - begin), 2)
                add(thread, nodes[0] if nodes else kernel, "kernel", begin, end, arguments)
        return trace
