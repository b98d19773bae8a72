using System.CommandLine;
using System.Text.Json;
using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What the commands that compare runs take: which stages count, what is compared with what, and where the numbers go.</summary>
internal sealed class ComparisonArguments
{
    private readonly Option<string[]> _stages = new("--stage")
    {
        Description = "Stage whose test counts. Default: the last. May be repeated: each is then a variant of its own.",
        HelpName = "NAME",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _baseline = new("--baseline") { Description = "Variant that the others are compared with. Default: the first.", HelpName = "NAME" };
    private readonly Option<string?> _json = new("--json") { Description = "Writes the numbers into a file too.", HelpName = "FILE" };
    private readonly Option<bool> _force = new("--force") { Description = "Replaces the file of --json." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_stages);
        command.Options.Add(_baseline);
        command.Options.Add(_json);
        command.Options.Add(_force);
    }

    /// <summary>Names of the stages that count; none: the last.</summary>
    public IReadOnlyList<string> Stages(ParseResult parsed) => parsed.GetValue(_stages) ?? [];

    /// <summary>The variant that the others are compared with; null: the first.</summary>
    public string? Baseline(ParseResult parsed) => parsed.GetValue(_baseline);

    /// <summary>The same options as the user would give them again.</summary>
    public string Again(ParseResult parsed) => string.Concat(
        [.. Stages(parsed).Select(stage => $" --stage {stage}"), .. Baseline(parsed) is { } baseline ? [$" --baseline {baseline}"] : (string[])[]]);

    /// <summary>Refuses a file that could not be written, before there is anything to write.</summary>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(_json) is { } file)
            OutputPath.File(file, parsed.GetValue(_force));
    }

    /// <summary>Compares runs, and writes the table and the file.</summary>
    public void Show(ParseResult parsed, ComparedRuns compared)
    {
        Check(parsed);
        RunComparison comparison = RunComparison.Of(compared.Runs, Baseline(parsed));
        ComparisonTable.Write(comparison, compared, Console.Out);
        if (parsed.GetValue(_json) is { } file)
            OutputPath.Write(file, () => AtomicFile.WriteAllBytes(file, [.. JsonSerializer.SerializeToUtf8Bytes(ComparisonJson.Of(comparison, compared), ReportJson.Indented), (byte)'\n']));
    }
}
