const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** An amount as Kubernetes writes it, such as 500m, 1280Mi or 1e3, in the unit without a prefix: processors, bytes, pieces. */
export function parseQuantity(text: string): number {
  const [, number, suffix = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = FACTORS[suffix];
  if (number === undefined || factor === undefined) throw new Error(`"${text}" is no quantity of Kubernetes`);
  return Number(number) * factor;
}

/** An amount for people. @param resource as quotas name it, such as requests.memory */
export function quantityText(resource: string, amount: number): string {
  if (/(^|[./])(memory|storage|ephemeral-storage)$/.test(resource)) return `${Math.ceil(amount / 2 ** 20)} MiB`;
  if (/(^|\.)cpu$/.test(resource)) return `${Math.ceil(amount * 1000)}m`;
  return String(amount);
}
