import { selectedTopology } from './command';
import { runCommand } from './setup/errors';
import { passwordCommand } from './welcome';

/** `make credentials`: says who the administrator is and how to read the password. Prints no secret. */
runCommand(async () => {
  const topology = selectedTopology();
  console.log(`The administrator of ${topology.environment} is ${topology.adminUsername}.
The password was generated on the Docker host and is kept there, in the volume ${topology.volumes.identityServerSecrets.name}.
To read it:

  ${passwordCommand(topology)}
`);
});
