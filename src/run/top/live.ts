// The screen while it runs: samples and keys make a new one of it, and the terminal shows what has changed.

import { Totals } from '../../tools/top/totals.js';
import { parseInput } from '../../tools/top/input.js';
import { step, type Action } from '../../tools/top/keys.js';
import { newScreen, shownRows, type Screen } from '../../tools/top/screen.js';
import { viewOf, type View } from '../../tools/top/view.js';
import type { TopOptions } from '../../tools/top/options.js';
import { Steps } from './steps.js';
import type { Terminal } from '../terminal.js';
import type { TopProcess } from '../../model/top.js';
import { painted, type Ground } from '../../tools/top/spans.js';
import type { TopSampler } from './sampler.js';
import type { VerdictRun } from './verdict.js';

const FIRST_MS = 300;

export interface LiveRun {
  readonly sampler: TopSampler;
  readonly terminal: Terminal;
  readonly ground: Ground;
  readonly verdicts: VerdictRun;
  readonly options: TopOptions;
  readonly interrupted: Promise<unknown>;
}

/** Until q, as many samples as were asked for, or an interrupt. */
export async function runScreen(run: LiveRun): Promise<void> {
  const live = new Live(run);
  try {
    await live.run();
  } finally {
    run.terminal.close();
    await run.verdicts.close();
  }
}

class Live {
  private readonly options: LiveRun;
  private readonly steps: Steps;
  private screen: Screen;
  private view: View;

  constructor(options: LiveRun) {
    this.options = options;
    const { accumulated, processes, pids, users, delayMs } = options.options;
    const words = [...(pids.length > 0 ? [`pid:${pids.join(',')}`] : []), ...users.map((user) => `user:${user}`)];
    this.screen = newScreen(new Totals(), {
      ...options.terminal.size,
      everyone: false,
      accumulated,
      byThread: processes === false,
      filter: words.join(' '),
    });
    this.view = viewOf(this.screen);
    options.sampler.wanted = { byThread: this.screen.byThread, everyone: this.screen.everyone };
    options.sampler.sample();
    this.steps = new Steps(options.sampler, delayMs, Math.min(delayMs, FIRST_MS));
  }

  async run(): Promise<void> {
    const { terminal, interrupted, sampler, options } = this.options;
    void interrupted.then(() => this.steps.stop());
    terminal.open({
      typed: (text) => this.typed(text),
      gone: () => this.steps.stop(),
      resized: () => this.resized(),
    });
    this.draw();
    for (let left = options.count; left > 0 && (await this.steps.next()); left -= 1) {
      const sample = sampler.sample();
      if (!sample) continue;
      this.screen.totals.add(sample);
      if (!this.screen.paused) this.screen = { ...this.screen, sample };
      this.lookClosely();
      this.draw();
    }
  }

  private draw(): void {
    this.view = viewOf(this.screen);
    this.show();
  }

  private show(): void {
    const { terminal, ground } = this.options;
    terminal.show(this.view.lines.map((line) => painted(line, ground)));
  }

  private resized(): void {
    this.screen = { ...this.screen, ...this.options.terminal.size };
    this.draw();
  }

  private typed(text: string): void {
    const { sampler } = this.options;
    for (const input of parseInput(text)) {
      const { byThread } = this.screen;
      const next = step(this.screen, this.view.table, input);
      this.screen = next.screen;
      // Sums of threads say nothing of processes.
      if (this.screen.byThread !== byThread) this.screen = { ...this.screen, totals: new Totals() };
      sampler.wanted = { byThread: this.screen.byThread, everyone: this.screen.everyone };
      if (next.action !== undefined) this.act(next.action);
      this.view = viewOf(this.screen);
    }
    this.show();
  }

  private act(action: Action): void {
    switch (action) {
      case 'quit':
        return this.steps.stop();
      case 'suspend':
        return this.options.terminal.suspend();
      case 'redraw':
        return this.options.terminal.redraw();
      case 'delays':
        return this.say(this.switchDelays());
      case 'verdict':
        return void this.judge();
      case 'detail':
        return this.lookClosely();
    }
  }

  private say(message: string): void {
    this.screen = { ...this.screen, message };
  }

  private switchDelays(): string {
    const { delays } = this.options.sampler;
    const refusal = delays.toggle();
    if (refusal !== undefined) return refusal;
    return delays.look()
      ? 'IO is told of processes that begin from now on; it is put back at the end.'
      : 'kernel.task_delayacct is off.';
  }

  private selectedProcess(): Pick<TopProcess, 'pid' | 'tid'> | undefined {
    const { selected } = this.screen;
    return shownRows({ ...this.screen, everyone: true }).find(({ key }) => key === selected)?.process;
  }

  private lookClosely(): void {
    const { mode, selected } = this.screen;
    const chosen = mode === 'detail' ? this.selectedProcess() : undefined;
    if (!chosen || selected === undefined) return;
    const detail = this.options.sampler.detailOf(selected, chosen.pid, chosen.tid ?? undefined);
    this.screen = { ...this.screen, detail };
  }

  private async judge(): Promise<void> {
    const { verdicts, sampler } = this.options;
    if (verdicts.isRunning) return this.say('A verdict is under way.');
    const pid = this.selectedProcess()?.pid ?? sampler.waitsMost();
    if (pid === undefined)
      return this.say('Nothing waits for I/O now: choose a process by ↑ ↓ to have that one judged.');
    const name = sampler.nameOf(pid);
    this.screen = { ...this.screen, verdict: `${name} (${pid}) is being recorded for 10 s…` };
    const verdict = await verdicts.of(pid);
    if (verdict === '') return;
    this.screen = {
      ...this.screen,
      verdict: `${name} (${pid}) at ${new Date().toISOString().slice(11, 19)}: ${verdict}`,
    };
    this.draw();
  }
}
