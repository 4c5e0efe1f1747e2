// xrouter: one program, one file a command.
#include <cstdio>
#include <exception>

#include "command.hpp"

int main(int argc, char** argv) {
  CLI::App program{"xrouter: answers LLM requests through a pool of models, for less money at equal quality.\n"
                   "Docs: README.md and docs/ of the source tree."};
  program.set_version_flag("--version", "xrouter " XROUTER_VERSION);
  program.require_subcommand(1);
  program.failure_message(CLI::FailureMessage::help);
  using namespace xrouter::app;
#ifdef XROUTER_HTTP
  add_serve(program);
  add_host(program);
#endif
  add_ask(program);
  add_models(program);
  add_config(program);
  add_data(program);
  add_eval(program);
  add_grade(program);
  add_train(program);
  add_ledger(program);
#ifdef XROUTER_HTTP
  add_mock(program);
#endif
  try {
    program.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? program.exit(error) : (program.exit(error), kUsage);
  } catch (const CommandFailure& failure) {
    std::fprintf(stderr, "xrouter: %s\n", failure.message.c_str());
    return failure.exit_code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "xrouter: internal error: %s\n", error.what());
    return kFailed;
  }
}
