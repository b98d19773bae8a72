using System.CommandLine;
using DistEmbed.Coordinator.Local;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed compare</c>: runs of several settings over seeds, side by side.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var runs = new Argument<string[]>("RUN") { Description = "A sweep's directory, or directories of runs, of their stages (RUN/stages/NAME), or of sweeps.", Arity = ArgumentArity.OneOrMore };
        var comparison = new ComparisonArguments();
        var command = new Command("compare", """
            Compares trained runs: mean and standard deviation over seeds, and the difference from the first variant, paired by seed, with its 95 % interval.
            Runs whose jobs differ in nothing but the seed, and the fold that is tested, are one variant. The interval is over seeds, or folds: it says nothing about other data.

            Examples:
              distembed compare sweeps/my-job-1
              distembed compare runs/kim-sst2-static-* runs/kim-sst2-nonstatic-* --json numbers.json
              distembed compare runs/quickstart-* --stage static --stage tuned
            """) { runs };
        comparison.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetRequiredValue(runs);
            IReadOnlyList<string> stages = comparison.Stages(parsed);
            ComparedRuns compared = paths is [{ } only] && SweepDirectory.Is(only)
                ? ComparedRuns.OfSweep(SweepDirectory.Open(only), stages)
                : ComparedRuns.OfRuns(paths, stages);
            comparison.Show(parsed, compared);
            return ExitCode.Done;
        });
        return command;
    }
}
