/** What the load balancer needs for the connections that it is to hold. */
export interface LoadBalancerCapacity {
  /** Worker processes. */
  readonly workers: number;
  /** Connections of a worker: of clients, and its own to the nodes. */
  readonly connectionsPerWorker: number;
  /** Limit of open files of a process. */
  readonly openFiles: number;
  /** Requests that are worked on at a time, of all clients. */
  readonly requests: number;
  /** Requests of one client address at a time, unless the configuration says otherwise. */
  readonly requestsPerClient: number;
  /** Size in MiB of the memory that it has as /tmp, which counts as its memory. */
  readonly scratchMb: number;
  /** Memory limit in MiB that holds all of this at its dearest. */
  readonly memoryMb: number;
}

/**
 * Measured with 2,000 connections of each kind (Nginx 1.30.6, OpenSSL 3.5, kernel memory included): 26 KiB for a TLS connection that is silent,
 * 32 KiB for one that waits after its first request, 101 KiB for one that has sent 60,000 bytes of a header and holds the rest back.
 * Nobody can tell beforehand which a client will be, so each counts as the dearest.
 */
const CONNECTION_KIB = 104;
/** What a request takes on top: 64 KiB of its body, and the buffers of an answer that its client takes slowly. */
const REQUEST_KIB = 64 + 64 + 8 * 16;
/** Master, code, shared memory of sessions and limits. */
const BASE_MB = 48;
const WORKER_MB = 8;
const SCRATCH_MB = 64;
/** One worker answers more requests than two nodes can; more of them bound what one may hold. */
const CONNECTIONS_OF_A_WORKER = 5000;
/** Connections that a worker keeps to nodes while it has no request for them: 32 for each of at most 8 upstreams, and what probes need. */
const KEPT_BY_A_WORKER = 8 * 32 + 32;
/** Below one free connection in sixteen Nginx closes those of clients that have been idle longest, to make room. */
const FREE = 16 / 15;
/** What containers of earlier releases have; the engine cannot change it for one that is there. */
const LEAST_OPEN_FILES = 16384;

export const LEAST_CONNECTIONS = 1000;
export const MOST_CONNECTIONS = 100_000;

/** @param connections connections of clients that the load balancer is to hold */
export function loadBalancerCapacity(connections: number): LoadBalancerCapacity {
  const workers = Math.min(8, Math.max(2, Math.ceil(connections / CONNECTIONS_OF_A_WORKER)));
  // A request is a tenth as frequent as a connection, and has one connection to a node.
  const requests = Math.ceil(connections / 10);
  const connectionsPerWorker = roundUp(((connections + requests) / workers + KEPT_BY_A_WORKER) * FREE, 100);
  const kib = workers * connectionsPerWorker * CONNECTION_KIB + requests * REQUEST_KIB;
  return {
    workers,
    connectionsPerWorker,
    // A body may need a file beside its connection.
    openFiles: Math.max(LEAST_OPEN_FILES, roundUp(connectionsPerWorker + requests, 4096)),
    requests,
    requestsPerClient: Math.ceil(requests / 2),
    scratchMb: SCRATCH_MB,
    memoryMb: roundUp(BASE_MB + workers * WORKER_MB + SCRATCH_MB + kib / 1024, 64),
  };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
