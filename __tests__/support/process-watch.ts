import { readdirSync, readFileSync } from 'node:fs';

const LOOK_MS = 20;

/** Looks again and again whether any process of this machine, also in a container or a pod, has a text among its arguments or variables. */
export class ProcessWatch {
  private readonly seen = new Set<string>();
  private looks = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param files what is looked at: variables are not, where a server has the text among its own by design */
  constructor(
    private readonly text: string,
    private readonly files: readonly ('cmdline' | 'environ')[] = ['cmdline', 'environ'],
  ) {
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** @returns who had it, and how often it was looked */
  end(): { readonly seen: readonly string[]; readonly looks: number } {
    clearInterval(this.timer);
    return { seen: [...this.seen], looks: this.looks };
  }

  private look(): void {
    this.looks++;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
      for (const file of this.files) {
        const content = contentOf(`/proc/${pid}/${file}`);
        if (content.includes(this.text)) this.seen.add(`${file} of ${contentOf(`/proc/${pid}/comm`).trim()}`);
      }
    }
  }
}

/** Nothing of a process that has just ended. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
