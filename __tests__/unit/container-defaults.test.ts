import { dockerEnvironment, hardened, literal, memoryLimit, uploads } from '../../constructs/container-defaults';

describe('text for Terraform', () => {
  test.each([
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: shell, JavaScript and TOML
    ['$env{ADMIN_PASSWORD}', '$env{ADMIN_PASSWORD}'],
    ['echo ${name}', 'echo $${name}'],
    ['%{http_code}', '%%{http_code}'],
    ['$(command) $name 100% {}', '$(command) $name 100% {}'],
    ['${a}${b}%{c}', '$${a}$${b}%%{c}'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
    ['', ''],
  ])('%j becomes %j', (text, escaped) => {
    expect(literal(text)).toBe(escaped);
  });

  test('environment variables and uploaded files are literal', () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: see above
    expect(dockerEnvironment({ A: '${x}', B: 'y' })).toEqual(['A=$${x}', 'B=y']);
    expect(uploads({ '/a.sh': '${x}' })).toEqual([{ file: '/a.sh', content: '$${x}', permissions: '0644' }]);
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above
  });
});

test('a container drops every capability and gets back only those it names', () => {
  expect(hardened({}).capabilities).toEqual({ drop: ['ALL'] });
  expect(hardened({}, ['CAP_CHOWN']).capabilities).toEqual({ drop: ['ALL'], add: ['CAP_CHOWN'] });
});

test('a memory limit leaves no room for swap', () => {
  expect(memoryLimit(512)).toEqual({ memory: 512, memorySwap: 512 });
});
