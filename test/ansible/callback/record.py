"""Prints what ansible-playbook does as JSON lines: one for each result, so that ours can be held against it."""

import json

from ansible.plugins.callback import CallbackBase

# What a result says that depends on the machine, the moment or the version, or only on how it was told.
UNTOLD = {
    'ansible_facts', 'invocation', 'start', 'end', 'delta', 'warnings', 'deprecations', 'exception',
    'module_stderr', 'module_stdout', 'mtime', 'atime', 'ctime', 'inode', 'dev', 'diff',
}


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'record'

    def _tell(self, result, status):
        value = {k: v for k, v in result._result.items() if not k.startswith('_ansible') and k not in UNTOLD}
        self._display.display(json.dumps({
            'host': result._host.get_name(),
            'task': result._task.get_name(),
            'module': result._task.action.split('.')[-1],
            'status': status,
            'result': value,
        }, sort_keys=True, default=str))

    def v2_runner_on_ok(self, result):
        self._tell(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell(result, 'ignored' if ignore_errors else 'failed')

    def v2_runner_on_skipped(self, result):
        self._tell(result, 'skipped')

    def v2_runner_on_unreachable(self, result):
        self._tell(result, 'unreachable')

    def v2_playbook_on_stats(self, stats):
        for host in sorted(stats.processed):
            self._display.display(json.dumps({'recap': host, **stats.summarize(host)}, sort_keys=True))
