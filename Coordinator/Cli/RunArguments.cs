using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What every command that looks at a run takes: the run, and which stage and step of it.</summary>
/// <param name="name">What the help calls the run.</param>
/// <param name="description">What it says of it.</param>
internal sealed class RunArguments(string name = "RUN", string description = "Directory of the run, such as runs/quickstart-1.")
{
    private readonly Argument<string> _run = new(name) { Description = description };
    private readonly Option<string?> _stage = new("--stage") { Description = "Stage of the run. Default: the last.", HelpName = "NAME" };
    private readonly Option<int?> _step = new("--step")
    {
        Description = "Weights of the checkpoint of this step. Default: the best on dev where they were kept, else the newest.",
        HelpName = "N",
    };

    /// <summary>Adds the arguments to a command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Insert(0, _run);
        command.Options.Add(_stage);
        command.Options.Add(_step);
    }

    /// <summary>What the user named.</summary>
    public string PathOf(ParseResult parsed) => parsed.GetRequiredValue(_run);

    /// <summary>Refuses the options of a run where the user named none.</summary>
    public void RefuseChoice(ParseResult parsed)
    {
        InputError[] idle = [.. new[] { (Option: (Option)_stage, Given: parsed.GetValue(_stage) is not null), (_step, parsed.GetValue(_step) is not null) }
            .Where(o => o.Given).Select(o => new InputError(o.Option.Name, $"has no effect: {PathOf(parsed)} is no run directory.", "Leave it out, or name a run."))];
        if (idle.Length > 0)
            throw new InvalidInputException(idle);
    }

    /// <summary>Opens the run that the user named.</summary>
    public TrainedRun Open(ParseResult parsed) => TrainedRun.Open(parsed.GetRequiredValue(_run), parsed.GetValue(_stage), parsed.GetValue(_step));

    /// <summary>Opens a run whose model can be judged by examples.</summary>
    public TrainedRun OpenJudged(ParseResult parsed)
    {
        TrainedRun run = Open(parsed);
        if (run.Job.Model.NeedsLabels)
            return run;
        using (run)
            throw new InvalidInputException(run.Directory.Path, $"stage '{run.Stage}' learned vectors from text without labels, so it predicts nothing.", "Name another stage with --stage, or use evaluate-vectors.");
    }

    /// <summary>Opens a run that has to be a classifier's.</summary>
    public TrainedRun OpenClassifier(ParseResult parsed) => OpenLabelling(parsed, run => run.IsClassifier);

    /// <summary>Opens a run whose model says something of any text: a classifier, a tagger or a parser.</summary>
    public TrainedRun OpenPredicting(ParseResult parsed) => OpenLabelling(parsed, run => run.IsClassifier || run.IsTagger || run.IsParser);

    private TrainedRun OpenLabelling(ParseResult parsed, Func<TrainedRun, bool> does)
    {
        TrainedRun run = Open(parsed);
        if (does(run))
            return run;
        using (run)
            throw new InvalidInputException(run.Directory.Path, run.Job.Model.NeedsLabels
                ? $"stage '{run.Stage}' gives no text a label: its model is judged by {string.Join(", ", run.Measures.Names)}."
                : $"stage '{run.Stage}' learned vectors from text without labels, so it gives no label to anything.", "Name a classifier's stage with --stage, or use neighbors or export.");
    }
}
