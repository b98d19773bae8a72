using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed job</c>: looks at job files without running them.</summary>
internal static class JobCommand
{
    public static Command Create() => new("job", """
        Looks at job files without running them.

        Examples:
          distembed job check my-job.json
          distembed job show my-job.json --set training.epochs=3
          distembed job schema > distembed-job.schema.json
        """)
    {
        Schema(),
        Check(),
        Show(),
    };

    private static Command Schema()
    {
        var command = new Command("schema", """
            Writes the JSON schema of job files, for editors: with it they complete and explain settings. A job file names it in its key "$schema".

            Examples:
              distembed job schema > distembed-job.schema.json
            """);
        command.SetAction(_ =>
        {
            Console.Out.Write(JobSchema.ToJson());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Check()
    {
        (Argument<string> file, Option<string[]> set) = Inputs();
        var command = new Command("check", """
            Checks every setting of a job and tells all errors at once; of a good job, its stages and phases. Reads no data and no vectors.

            Examples:
              distembed job check my-job.json
              distembed job check deploy/jobs/quickstart.json --set stages.tuned.training.epochs=20
            """) { file, set };
        command.SetAction(parsed =>
        {
            JobFile job = JobFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set));
            Console.Out.WriteLine("OK");
            foreach (JobStage stage in job.Stages)
                Describe(stage);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show()
    {
        (Argument<string> file, Option<string[]> set) = Inputs();
        var command = new Command("show", """
            Writes a job as it would run: defaults filled in, stages spelled out, --set applied. The output is a job file itself.

            Examples:
              distembed job show my-job.json
              distembed job show my-job.json --set seed=7 --set training.batch=64 > other.json
            """) { file, set };
        command.SetAction(parsed =>
        {
            Console.Out.Write(JobFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set)).ToJson());
            return ExitCode.Done;
        });
        return command;
    }

    private static (Argument<string> File, Option<string[]> Set) Inputs() => (
        new Argument<string>("JOB.json") { Description = "The job file." },
        new Option<string[]>("--set") { Description = "Changes a setting: path=value. May be repeated.", Arity = ArgumentArity.OneOrMore, HelpName = "path=value" });

    private static void Describe(JobStage stage)
    {
        JobSpec job = stage.Spec;
        string length = job.Training.Epochs is { } epochs ? Invariant($"{epochs} epochs") : Invariant($"{job.Training.Steps} steps");
        Console.Out.WriteLine();
        Console.Out.WriteLine(Invariant($"{stage.Name}: {KindOf(job.Model)}, {length}, batch {job.Training.Batch} in {job.Training.Slices} slices"));
        var table = new TextTable(rightAligned: 0);
        foreach (string group in job.Model.Groups)
        {
            string phase = PhaseOf(job, group);
            table.Add(group, phase, phase == Frozen ? "" : Invariant($"{KindOf(job.OptimizerOf(group)!)}, rate {job.OptimizerOf(group)!.LearningRate}"));
        }

        table.Write(Console.Out, indent: "  ");
    }

    private const string Frozen = "frozen throughout";

    private static string PhaseOf(JobSpec job, string group)
    {
        if (group == "embedding" && job.Model is TextCnnSpec { Channels: ChannelMode.Static })
            return Frozen;
        if ((job.Recipe?.Phases(job.Model) ?? job.Phases) is { Count: > 0 } phases)
        {
            string[] states = [.. phases.Select(phase => StateOf([.. phase.Rules.Where(rule => rule.Group == group)]))];
            return states.Distinct().Count() > 1 ? string.Join(", then ", states) : $"{states[0]} throughout";
        }

        FreezeSpec? phase = job.Freeze.FirstOrDefault(f => f.Group == group);
        string warmUp = phase?.WarmupSteps > 0 ? Invariant($", {phase.WarmupSteps} steps of warm-up") : "";
        return phase switch
        {
            null => "tuned throughout",
            { UntilEpoch: { } epoch } => Invariant($"frozen, tuned from epoch {epoch} (counted from 0){warmUp}"),
            { UntilStep: { } step } => Invariant($"frozen, tuned from step {step}{warmUp}"),
            _ => Frozen,
        };
    }

    /// <summary>What a group does in a phase, as far as the job tells: which rows rules meet, its data decide.</summary>
    private static string StateOf(PhaseRuleSpec[] rules)
    {
        int all = Array.FindLastIndex(rules, rule => rule.Rows is null);
        bool[] frozen = [all >= 0 && rules[all].State == RuleState.Frozen, .. rules.Skip(all + 1).Select(rule => rule.State == RuleState.Frozen)];
        return frozen.Distinct().Count() > 1 ? "frozen in part" : frozen[0] ? "frozen" : "tuned";
    }

    // The words that job files use.
    private static string KindOf(ModelSpec model) => JsonSerializer.SerializeToNode(model, JobJson.Options)!["kind"]!.GetValue<string>();

    private static string KindOf(OptimizerSpec optimizer) => JsonSerializer.SerializeToNode(optimizer, JobJson.Options)!["kind"]!.GetValue<string>();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
