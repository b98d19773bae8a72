using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models.Contract;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed model</c>: looks at models without training them.</summary>
internal static class ModelCommand
{
    public static Command Create() => new("model", """
        Looks at models without training them.

        Examples:
          distembed model check my-job.json
        """)
    {
        Check(),
    };

    private static Command Check()
    {
        var file = new Argument<string>("JOB.json") { Description = "The job file." };
        var set = new Option<string[]>("--set") { Description = "Changes a setting: path=value. May be repeated.", Arity = ArgumentArity.OneOrMore, HelpName = "path=value" };
        var command = new Command("check", """
            Tries on a few training examples what training asks of a model: gradients against differences of the loss, rows that are read, repeatable bits, frozen tables, slices that
            add up, no tensor left. Meant for models of your own (model.kind custom). Trains nothing and writes no file; exit code 2 where the model breaks a demand.

            Examples:
              distembed model check my-job.json
              distembed model check my-job.json --set model.settings.dropout=0
            """) { file, set };
        command.SetAction(parsed =>
        {
            JobFile job = JobFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set));
            bool broken = false;
            foreach (ContractCheck stage in ContractCheck.Of(job))
            {
                if (!job.IsOneStage)
                    Console.Out.WriteLine(stage.Stage);
                foreach ((ModelContract demand, DemandResult result) in stage.Results)
                {
                    string state = result.State switch { DemandState.Met => "ok", DemandState.Broken => "BROKEN", _ => "not tried" };
                    Console.Out.WriteLine($"{demand.Name,-10} {state,-10} {demand.Meaning}");
                    if (result.Why is { } why)
                        Console.Out.WriteLine($"{"",-10} {"",-10} -> {why}");
                    broken |= result.State == DemandState.Broken;
                }
            }

            return broken ? ExitCode.BadInput : ExitCode.Done;
        });
        return command;
    }
}
