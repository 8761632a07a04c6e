import { logsIn } from './administrator';
import { administratorContext } from './administrator-context';
import { EVERY_PLATFORM, runOnEnvironment } from './command';
import { passwordCommand } from './welcome';

/** `make credentials`: says who the administrator is, how to read the password, and whether a server accepts it. Prints no secret. */
runOnEnvironment({ on: EVERY_PLATFORM }, async (topology) => {
  const { adminUsername, environment, nodes, volumes } = topology;
  const context = await administratorContext(topology);
  const { placed, volumeWord } = context.host;
  console.log(`The administrator of ${environment} is ${adminUsername}.
The password is kept ${placed}, in the ${volumeWord} ${volumes.identityServerSecrets.name}. To read it:

  ${passwordCommand(topology)}
`);
  for (const node of nodes) {
    const answer = await logsIn(context, node);
    if (answer === 'unknown') continue;
    console.log(
      answer === 'accepted'
        ? `${node.containerName} accepts it.`
        : `${node.containerName} does NOT accept it: somebody has changed it elsewhere, and it is not known here. Who knows it stores it with: make rotate-secret ENVIRONMENT=${environment} NAME=ADMIN_PASSWORD < password`,
    );
    return;
  }
  console.log('Whether it is the valid one is not known: no node could be asked.');
});
