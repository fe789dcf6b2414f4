// Preloaded into a worker: its clock is off by LASTGOOD_TEST_CLOCK_OFF_MS.
const off = Number(process.env["LASTGOOD_TEST_CLOCK_OFF_MS"]);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct(target, args: [], newTarget) {
    const given: unknown[] = args.length === 0 ? [RealDate.now() + off] : args;
    return Reflect.construct(target, given, newTarget) as Date;
  },
  get(target, key, receiver) {
    return key === "now"
      ? (): number => target.now() + off
      : (Reflect.get(target, key, receiver) as unknown);
  },
});
