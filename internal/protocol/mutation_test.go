package protocol

const mutantEnv = "PROTOCOL_MUTANT"
