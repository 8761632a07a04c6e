import { eventually } from './workspace';

/** A member of a cluster: where Hazelcast finds it, and the id that it has until it leaves. */
export interface ClusterMember {
  readonly address: string;
  readonly id: string;
}

/** Runs a command in a node's container. @returns what it prints */
export type InNode = (node: number, ...command: string[]) => Promise<string>;

/** What the nodes of a pair with Hazelcast (../hazelcast) say of their cluster. */
export class HazelcastMembers {
  constructor(private readonly inNode: InNode) {}

  /** The members that a node sees, itself included; none while it cannot be asked. */
  async seenBy(node: number): Promise<ClusterMember[]> {
    return (await this.lines(node, 'member')).map((line) => {
      const [address = '', id = ''] = line.split(' ');
      return { address, id };
    });
  }

  /** Waits until both nodes see the same two members. @returns the members */
  async untilOneCluster(seconds: number): Promise<ClusterMember[]> {
    let seen: ClusterMember[][] = [];
    await eventually('both nodes see the same two members', seconds, async () => {
      seen = await Promise.all([1, 2].map((node) => this.seenBy(node)));
      return seen[0]?.length === 2 && JSON.stringify(seen[0]) === JSON.stringify(seen[1]);
    });
    return seen[0] as ClusterMember[];
  }

  /** Waits until a node sees itself alone. */
  untilAlone(node: number, seconds: number): Promise<void> {
    return eventually(`node ${node} sees itself alone`, seconds, async () => (await this.seenBy(node)).length === 1);
  }

  /** Sends a word from a node to all members, and waits until the other one has heard it. */
  async tell(from: number, word: string): Promise<void> {
    await this.ask(from, '--request', 'POST', '--fail', '--url-query', `say=${word}`);
    const other = 3 - from;
    await eventually(`node ${other} hears "${word}"`, 10, async () =>
      (await this.lines(other, 'heard')).includes(word),
    );
  }

  private async lines(node: number, kind: string): Promise<string[]> {
    const text = await this.ask(node).catch(() => '');
    return text.split('\n').flatMap((line) => (line.startsWith(`${kind} `) ? line.slice(kind.length + 1) : []));
  }

  private ask(node: number, ...options: string[]): Promise<string> {
    const url = 'https://localhost:9446/cluster';
    return this.inNode(node, 'curl', '--silent', '--insecure', '--max-time', '5', ...options, url);
  }
}
