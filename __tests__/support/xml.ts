/** Attributes of every tag of that name. */
export function tags(xml: string, name: string): Record<string, string>[] {
  const text = xml.replace(/<!--[\s\S]*?-->/g, '');
  return [...text.matchAll(new RegExp(`<${name}(\\s[^>]*)`, 'g'))].map(([, attributes = '']) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key, value = '']) => [key, unescapeXml(value)]),
    ),
  );
}

/** Text of the first element of that name. */
export function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml.replace(/<!--[\s\S]*?-->/g, ''))?.[1];
  return text === undefined ? undefined : unescapeXml(text);
}

/** The settings of every datasource by JNDI name. */
export function datasourcesOf(xml: string): Record<string, Record<string, string>> {
  const blocks = [...xml.matchAll(/<datasource>([\s\S]*?)<\/datasource>/g)].map(([, block = '']) => block);
  return Object.fromEntries(
    blocks.map((block) => {
      const settings = [...block.matchAll(/<(\w+)>([^<>]*)<\/\1>/g)].map(([, key, value = '']) => [
        key,
        unescapeXml(value),
      ]);
      const jndi = /<jndiConfig>\s*<name>([^<]*)</.exec(block)?.[1];
      return [jndi, Object.fromEntries(settings)];
    }),
  );
}

function unescapeXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&').trim();
}
