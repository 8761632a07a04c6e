import { pagePattern } from './denied-paths';

/** Requests of one client address to one path in a second, where passwords can be guessed and tokens are made. */
export interface RateLimit {
  readonly perSecond: number;
  /** Networks of clients with another rate. */
  readonly networks: readonly { readonly network: string; readonly perSecond: number }[];
  /** The paths; one that ends in "/" stands for all below it. */
  readonly paths: readonly string[];
}

/** Who was idle may send the requests of so many seconds at once: a page of links, an office in which everybody signs in at nine. */
const BURST_SECONDS = 5;

/** The counters of rates, for the http block; nothing without a limit. */
export function rateVariables(limit: RateLimit | undefined): string {
  if (limit === undefined) return '';
  return `
  # An address has a counter for each of these paths, whatever tenant or organisation it is asked for.
  map $uri $guessed {
    default "";
${limit.paths.map((path) => `    "~*${pagePattern(path)}" ${path};\n`).join('')}  }
  map $guessed $guesser {
    "" "";
    default "$binary_remote_addr $guessed";
  }
${networksOf(limit)}${ratesOf(limit).map(counter).join('')}  limit_req_status 429;
  limit_req_log_level info;
`;
}

/** The limits of rates, for the public server. */
export function rateLimits(limit: RateLimit | undefined): string {
  if (limit === undefined) return '';
  return ratesOf(limit)
    .map((rate) => `    limit_req zone=guesser_${rate} burst=${rate * BURST_SECONDS} nodelay;\n`)
    .join('');
}

function ratesOf({ perSecond, networks }: RateLimit): number[] {
  return [...new Set([perSecond, ...networks.map((each) => each.perSecond)])];
}

function networksOf({ perSecond, networks }: RateLimit): string {
  return `  geo $guess_rate {
    default ${perSecond};
${networks.map((each) => `    ${each.network} ${each.perSecond};\n`).join('')}  }
`;
}

/** A rate is fixed where it stands, so each number counts only the clients that it is for. */
function counter(rate: number): string {
  return `  map $guess_rate $guesser_${rate} {
    ${rate} $guesser;
    default "";
  }
  limit_req_zone $guesser_${rate} zone=guesser_${rate}:4m rate=${rate}r/s;
`;
}
