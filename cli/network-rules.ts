import { networkRulesScript } from '../topology/network-rules';
import { selectedTopology } from './command';
import { runCommand } from './setup/errors';

/** `make network-rules`: prints a script for the Docker host. Reads the configuration alone; needs no engine and changes nothing. */
runCommand(async () => {
  process.stdout.write(networkRulesScript(selectedTopology()));
});
