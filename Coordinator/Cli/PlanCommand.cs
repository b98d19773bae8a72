using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed plan</c>: what a job would do, phase by phase.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("JOB.json") { Description = "The job file." };
        var set = new Option<string[]>("--set") { Description = "Changes a setting: path=value. May be repeated.", Arity = ArgumentArity.OneOrMore, HelpName = "path=value" };
        var command = new Command("plan", """
            Shows the phases of a job, with the rows and parameters that each may change, and trains nothing. Reads data and vectors, and writes no file.

            Examples:
              distembed plan deploy/jobs/quickstart.json
              distembed plan my-job.json --set recipe.kind=gradual
            """) { file, set };
        command.SetAction(parsed =>
        {
            JobFile job = JobFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set));
            PlannedStage[] stages = [.. PlannedStage.Of(job)]; // all of them first: an error comes alone
            foreach (PlannedStage stage in stages)
            {
                if (!job.IsOneStage)
                    Console.Out.WriteLine($"{(stage == stages[0] ? "" : Environment.NewLine)}{stage.Name}");
                foreach (string line in PhaseTable.Of(stage.Freeze, stage.Tables, stage.Classes).Concat(stage.Notes()))
                    Console.Out.WriteLine(job.IsOneStage ? line : $"  {line}");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
