/** What the published address answered to a client. Facts only; what they mean is for verdict.ts. */
export interface ClientAnswers {
  /** Address that was asked. */
  readonly address: string;
  readonly https: HttpsAnswer;
  readonly http: HttpAnswer;
}

export interface HttpsAnswer extends HttpAnswer {
  /** What the server showed: its certificate first, then its issuers, PEM. Empty without a TLS connection. */
  readonly certificates: string;
}

export interface HttpAnswer {
  readonly status?: number;
  readonly location?: string;
  /** Why there is no answer. */
  readonly failure?: Failure;
}

export interface Failure {
  /**
   * `refused`: nobody accepts connections there; `silent`: no answer in time; `unreachable`: no way to the address; `tls`: no TLS
   * connection comes about; `broken`: the connection ended in the middle.
   */
  readonly kind: 'refused' | 'silent' | 'unreachable' | 'tls' | 'broken';
  /** What the client library says, for whoever looks further. */
  readonly detail: string;
}

/** Where a client finds the environment. */
export interface Endpoint {
  readonly hostname: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** A path that the load balancer hands to a node in every configuration: no denied path can cover it. */
export const NODE_PATH = '/';

/** How long one answer may take, in seconds. A node that must first load a page may need some. */
export const ANSWER_SECONDS = 10;
