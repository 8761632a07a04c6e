import { synthesize } from './constructs/synthesize';
import { ConfigurationError } from './environment/diagnostics';
import { loadTopologies } from './topology/load-topologies';

// Every file in config/ is an environment; ENVIRONMENT=name narrows to one.
try {
  synthesize(loadTopologies({ only: process.env.ENVIRONMENT || undefined }));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
