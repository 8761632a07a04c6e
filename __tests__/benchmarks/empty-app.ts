import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { LocalProvider } from '@cdktf/provider-local/lib/provider';
import { App, LocalBackend, TerraformStack } from 'cdktf';

// The least that a program with these two providers can do: what synthesis is measured against.
const app = new App();
const stack = new TerraformStack(app, 'empty');
new LocalBackend(stack, { path: 'empty.tfstate' });
new DockerProvider(stack, 'docker');
new LocalProvider(stack, 'local');
app.synth();
