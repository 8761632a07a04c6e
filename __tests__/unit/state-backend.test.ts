import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../environment/schema';
import { stateBackend } from '../../topology/state-backend';
import { environment, PROJECT, SMALLEST, topology } from '../support/synth';

type Backend = Environment['state']['backend'];

const SETTINGS: Record<Backend, string> = {
  local: '',
  s3: 'bucket = "states", region = "eu-central-1", use_lockfile = true',
  gcs: 'bucket = "states"',
  azurerm: 'resource_group_name = "r", storage_account_name = "s", container_name = "c", use_azuread_auth = true',
  pg: '',
  http: 'address = "https://states.example/terraform/"',
  consul: 'address = "consul.example:8500", scheme = "https"',
};

function toml(backend: Backend, settings = SETTINGS[backend]): string {
  return `${SMALLEST}[state]\nbackend = "${backend}"\nsettings = { ${settings} }\n`;
}

function backendOf(backend: Backend, settings?: string, stack = 'prod-node-1') {
  return stateBackend(environment(toml(backend, settings), 'prod'), stack);
}

test('local state lies in state/ beside the configuration, outside of the generated output, by a relative path', () => {
  expect(backendOf('local')).toEqual({
    type: 'local',
    settings: { path: '../../../state/prod/prod-node-1.tfstate' },
  });
  expect(join('cdktf.out/stacks/prod-node-1', backendOf('local').settings.path as string)).toBe(
    'state/prod/prod-node-1.tfstate',
  );
  expect(readFileSync(join(PROJECT, '.gitignore'), 'utf8').split('\n')).toContain('state/');
});

test('s3 keeps its settings and has a key for each stack', () => {
  expect(backendOf('s3')).toEqual({
    type: 's3',
    settings: {
      bucket: 'states',
      region: 'eu-central-1',
      use_lockfile: true,
      key: 'prod/prod-node-1.tfstate',
    },
  });
});

test('gcs has a prefix for each stack', () => {
  expect(backendOf('gcs').settings).toEqual({ bucket: 'states', prefix: 'prod/prod-node-1' });
});

test('azurerm has a key for each stack', () => {
  expect(backendOf('azurerm').settings).toMatchObject({ container_name: 'c', key: 'prod/prod-node-1.tfstate' });
});

test('pg has a schema for each stack, whose name needs no quotes', () => {
  expect(backendOf('pg').settings.schema_name).toMatch(/^[a-z0-9_]*prod_node_1$/);
});

test('http has an address for each stack, which is also where it locks', () => {
  const address = 'https://states.example/terraform/prod-node-1';
  expect(backendOf('http').settings).toMatchObject({ address, lock_address: address, unlock_address: address });
});

test('consul has a path for each stack', () => {
  expect(backendOf('consul').settings).toEqual({
    address: 'consul.example:8500',
    scheme: 'https',
    path: 'prod/prod-node-1',
  });
});

test.each(Object.keys(SETTINGS) as Backend[])('%s: no two stacks share a state', (backend) => {
  const { stacks } = topology(toml(backend), 'prod');
  const states = stacks.map(({ backend: { settings } }) => JSON.stringify(settings));
  expect(stacks.length).toBeGreaterThan(2);
  expect(new Set(states).size).toBe(stacks.length);
});

test.each(Object.keys(SETTINGS) as Backend[])('%s: no two environments share a state', (backend) => {
  const [one, other] = ['prod', 'staging'].map((name) => topology(toml(backend), name).stacks[0]?.backend);
  expect(JSON.stringify(one)).not.toBe(JSON.stringify(other));
});

test.each<[Backend, string]>([
  ['s3', 'access_key'],
  ['s3', 'secret_key'],
  ['s3', 'token'],
  ['gcs', 'credentials'],
  ['gcs', 'access_token'],
  ['azurerm', 'access_key'],
  ['azurerm', 'sas_token'],
  ['azurerm', 'client_secret'],
  ['azurerm', 'client_certificate_password'],
  ['pg', 'conn_str'],
  ['http', 'password'],
  ['consul', 'access_token'],
])('%s: the credential %s is refused, without its value', (backend, key) => {
  const load = () => backendOf(backend, `${key} = "hunter2"`);
  expect(load).toThrow(`state.settings.${key}`);
  expect(load).toThrow('holds a credential and must not be in a file');
  expect(load).not.toThrow('hunter2');
});
