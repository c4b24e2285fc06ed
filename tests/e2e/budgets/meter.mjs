// What a page costs: its main thread's own CPU time, whatever else the machine does; its longest task; its memory.

export class Meter {
  static async of(browser, page) {
    const meter = new Meter();
    Object.assign(meter, { browser, page, wire: await page.context().newCDPSession(page) });
    await meter.wire.send('Performance.enable', { timeDomain: 'threadTicks' });
    return meter;
  }

  /** A processor so many times slower. */
  slow(times) {
    return this.wire.send('Emulation.setCPUThrottlingRate', { rate: times });
  }

  /** CPU of the main thread while `act` goes on, without what measuring costs. */
  async cpuMs(act) {
    const before = await this.spentMs();
    await act();
    return (await this.spentMs()) - before;
  }

  async spentMs() {
    const { metrics } = await this.wire.send('Performance.getMetrics');
    const of = (name) => metrics.find((one) => one.name === name).value;
    return 1000 * (of('TaskDuration') - of('DevToolsCommandDuration'));
  }

  /** CPU of the longest task while `act` goes on. */
  async longestTaskMs(act) {
    await this.browser.startTracing(this.page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
    await act();
    const { traceEvents } = JSON.parse(await this.browser.stopTracing());
    const main = traceEvents.find((one) => one.name === 'TracingStartedInBrowser')?.args.data.frames?.find((frame) => frame.url.startsWith('http'));
    const threads = new Set(traceEvents.filter((one) => one.name === 'thread_name' && one.args.name === 'CrRendererMain' && one.pid === main?.processId).map((one) => one.tid));
    const tasks = traceEvents.filter((one) => one.pid === main?.processId && threads.has(one.tid) && one.name.endsWith('RunTask') && one.tdur !== undefined);
    if (!tasks.length) throw new Error('the trace tells of no task');
    return Math.max(...tasks.map((one) => one.tdur)) / 1000;
  }

  /** What the page holds when nothing superfluous is left. */
  async heapMb() {
    await this.wire.send('HeapProfiler.collectGarbage');
    return (await this.wire.send('Runtime.getHeapUsage')).usedSize / 1e6;
  }

  /** A key as the keyboard gives it. */
  async press(letter) {
    const key = { key: letter, code: `Key${letter.toUpperCase()}`, windowsVirtualKeyCode: letter.toUpperCase().charCodeAt(0) };
    await this.wire.send('Input.dispatchKeyEvent', { type: 'keyDown', text: letter, ...key });
    await this.wire.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
