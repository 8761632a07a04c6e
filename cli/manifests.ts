import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Yaml } from 'cdk8s';
import { manifestFile, manifestsOf } from '../constructs/kubernetes/manifests';
import { runOnEnvironment } from './command';
import { accountsOf } from './kubernetes/accounts';

/**
 * `make manifests`: writes each layer as a file, and beside them the accounts that pipelines need. Reads the configuration alone; needs no
 * cluster, and there is no secret in them.
 */
runOnEnvironment({ creates: true, on: ['kubernetes'] }, async (topology) => {
  const directory = join('build', topology.environment, 'manifests');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  manifestsOf(topology).forEach((layer, index) => {
    const file = join(directory, `${index + 1}-${layer.stack.name}.yaml`);
    writeFileSync(file, manifestFile(layer));
    console.log(file);
  });
  const accounts = join(directory, '..', 'accounts.yaml');
  writeFileSync(accounts, Yaml.stringify(...accountsOf(topology)));
  console.log(accounts);
});
