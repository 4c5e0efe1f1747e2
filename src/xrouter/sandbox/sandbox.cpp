// Placeholder until the first source exists.
