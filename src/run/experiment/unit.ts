// A unit of systemd that goes on with an experiment after each boot, until it is over. Source: systemd.unit(5), systemd.service(5).

import { UserError } from '../../base/errors.js';

/** A word of ExecStart: systemd has escapes of its own (systemd.syntax(7)). */
function word(text: string): string {
  if (/[\0\n]/.test(text))
    throw new UserError(`${JSON.stringify(text)} can’t stand in a unit: choose a folder with a plainer name.`);
  return `"${text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')}"`;
}

/** The text of NAME.service. `folder`: the experiment's, absolute. `self`: the command that runs this program. */
export function unitFile(folder: string, name: string, self: readonly string[]): string {
  const command = [...self, 'experiment', '--resume', folder].map(word).join(' ');
  return `# iowitness experiment --resume ${folder} --unit > /etc/systemd/system/iowitness-experiment.service
# systemctl daemon-reload && systemctl enable --now iowitness-experiment
[Unit]
Description=iowitness experiment ${name.replaceAll('%', '%%')}
After=local-fs.target
ConditionPathExists=${folder.replaceAll('%', '%%')}/state.json

[Service]
Type=simple
ExecStart=${command}
KillSignal=SIGINT
TimeoutStopSec=2min
# 1: something differs; 3: it can't be told.
SuccessExitStatus=1 3

[Install]
WantedBy=multi-user.target`;
}
