"""Prints each result, include and recap as a line of JSON, whole but for what is internal."""

import json

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'tell'

    def _line(self, **fields):
        self._display.display('LINE ' + json.dumps(fields, sort_keys=True, default=str))

    def _tell(self, result, status):
        self._line(host=result._host.get_name(), task=result._task.get_name(), status=status, result=result._result)

    def v2_runner_on_ok(self, result):
        self._tell(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell(result, 'ignored' if ignore_errors else 'failed')

    def v2_runner_on_skipped(self, result):
        self._tell(result, 'skipped')

    def v2_runner_on_unreachable(self, result):
        self._tell(result, 'unreachable')

    def v2_playbook_on_include(self, included_file):
        for host in included_file._hosts:
            self._line(host=host.get_name(), task=included_file._task.get_name(), status='included', result={})

    def v2_playbook_on_stats(self, stats):
        recap = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self._line(recap=recap, custom={('' if k == '_run' else k): v for k, v in stats.custom.items()})
