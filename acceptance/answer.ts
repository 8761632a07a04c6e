import { Broken } from './outcome';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What a node answered, with its request for the sentence that says what is wrong with it. */
export class Answer {
  constructor(
    /** Method and path, without the query: that may hold a token. */
    readonly request: string,
    readonly status: number,
    readonly headers: Headers,
    readonly body: string,
  ) {}

  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  get setCookies(): readonly string[] {
    const value = this.headers['set-cookie'] ?? [];
    return Array.isArray(value) ? value : [value];
  }

  get location(): string {
    return this.header('location') ?? '';
  }

  /** @throws Broken when the status is none of these */
  expect(...statuses: readonly number[]): this {
    if (statuses.includes(this.status)) return this;
    throw new Broken(
      `${this.request} was answered with ${this.status} instead of ${statuses.join(' or ')}${this.reason()}`,
    );
  }

  /** The body as JSON. @throws Broken when it is something else, such as the error page of a proxy */
  json<T = Record<string, unknown>>(): T {
    try {
      return JSON.parse(this.body) as T;
    } catch {
      const what = /<html|<!doctype/i.test(this.body) ? 'an HTML page' : this.body === '' ? 'nothing' : 'other text';
      throw new Broken(`${this.request} was answered with ${what} where JSON was expected (status ${this.status})`);
    }
  }

  /** What the error says about itself; never a whole body, which may hold a token. */
  private reason(): string {
    try {
      const { error, error_description, code, message, detail } = JSON.parse(this.body) as Record<string, string>;
      const said = [error ?? code, error_description ?? message ?? detail].filter(Boolean).join(', ');
      return said === '' ? '' : `: ${said.slice(0, 160)}`;
    } catch {
      return /<html|<!doctype/i.test(this.body) ? ' (an HTML page)' : '';
    }
  }
}

/** A parameter of a URL. */
export function parameter(url: string, name: string): string | undefined {
  try {
    return new URL(url, 'https://unknown.invalid').searchParams.get(name) ?? undefined;
  } catch {
    return undefined;
  }
}
