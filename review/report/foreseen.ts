/** What would keep an apply from going well, known before anything is created. */
export interface Foreseen {
  /** `make up` and `make apply` refuse at an error; warnings and notes are told. */
  readonly severity: 'error' | 'warning' | 'note';
  /** Key of the configuration that it belongs to. */
  readonly key: string;
  /** Lower case, no full stop. */
  readonly message: string;
}

/** The same in words: the plan is made all the same. */
export function foreseenText({ severity, key, message }: Foreseen): string {
  return `${key}: ${message}${severity === 'error' ? '. "make up" and "make apply" refuse until then' : ''}`;
}
