/** A directive of an nginx.conf, with its block where it has one. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Directive[];
}

/** Parses an nginx.conf into its directives: words, quoted strings, comments, blocks. */
export function parseNginxConf(text: string): Directive[] {
  const tokens = [...text.matchAll(/#[^\n]*|[;{}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\$\{\w+\}|[^\s;{}])+/g)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith('#'));
  let position = 0;
  const block = (depth: number): Directive[] => {
    const directives: Directive[] = [];
    let words: string[] = [];
    for (; position < tokens.length; position++) {
      const token = tokens[position] as string;
      if (token === '}') {
        if (depth === 0 || words.length > 0) throw new Error('unexpected }');
        return directives;
      }
      if (token !== ';' && token !== '{') {
        words.push(/^["']/.test(token) ? token.slice(1, -1).replace(/\\(["'\\])/g, '$1') : token);
        continue;
      }
      const [name, ...args] = words;
      if (name === undefined) throw new Error(`nothing before ${token}`);
      if (token === '{') position++;
      directives.push({ name, args, ...(token === '{' && { block: block(depth + 1) }) });
      words = [];
    }
    if (depth > 0 || words.length > 0) throw new Error('unexpected end');
    return directives;
  };
  return block(0);
}

/** The directives of this name directly in a block. */
export function named(directives: readonly Directive[] | undefined, name: string): Directive[] {
  return (directives ?? []).filter((directive) => directive.name === name);
}

/** The directives of this name anywhere in a block. */
export function anywhere(directives: readonly Directive[] | undefined, name: string): Directive[] {
  return (directives ?? []).flatMap((directive) => [
    ...(directive.name === name ? [directive] : []),
    ...anywhere(directive.block, name),
  ]);
}
