/** Makes a configuration protected that has neither remote state nor digests nor supplied secrets, as those of tests have not. */
export const PROTECTED = `protected = true
policy.suppressions = [
  { rule = "local-state", reason = "an environment of the tests" },
  { rule = "image-pinned", reason = "an environment of the tests" },
  { rule = "secrets-supplied", reason = "an environment of the tests" },
]
`;
