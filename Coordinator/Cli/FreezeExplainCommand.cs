using System.CommandLine;
using System.Globalization;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Coordinator.Cli;

/// <summary><c>distembed freeze explain</c>: what the rows of words do in each phase, and which rule decides it.</summary>
internal static class FreezeExplainCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("JOB.json") { Description = "The job file. The job of a run is its job.json; - is standard input." };
        var words = new Argument<string[]>("WORD") { Description = "The words, as the vocabulary has them.", Arity = ArgumentArity.OneOrMore };
        var set = new Option<string[]>("--set") { Description = "Changes a setting: path=value. May be repeated.", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH=VALUE" };
        var stage = new Option<string?>("--stage") { Description = "Stage of the job. Default: every stage.", HelpName = "NAME" };
        var command = new Command("explain", """
            Tells what the rows of words do in each phase of a job - tuned, frozen, anchored, capped - and which rule decides it. Reads data and vectors, trains nothing.
            Words that are not in the vocabulary are named on standard error after the others, and the exit code is then 2.

            Examples:
              distembed freeze explain my-job.json good bad
              distembed freeze explain my-job.json netflix --set recipe.kind=oov-only
              distembed freeze explain runs/sst2-1/job.json good
            """) { file, words, set, stage };
        command.SetAction(parsed =>
        {
            JobFile job = JobFile.Load(parsed.GetRequiredValue(file), parsed.GetValue(set));
            string? only = parsed.GetValue(stage);
            PlannedStage[] stages = [.. PlannedStage.Of(job).Where(s => only is null || s.Name == only)];
            if (stages.Length == 0)
                throw new InvalidInputException("--stage", $"the job has no stage '{only}'.", $"Its stages are {string.Join(", ", job.Stages.Select(s => s.Name))}.");
            string[] asked = parsed.GetRequiredValue(words);
            string[] unknown = [.. asked.Where(word => !stages.Any(s => s.Vocabulary.TryRowOf(word, out _)))];
            string[] known = [.. asked.Except(unknown)];
            foreach (PlannedStage planned in known.Length > 0 ? stages : [])
                Explain(planned, known, named: !job.IsOneStage);
            if (unknown.Length > 0)
            {
                throw new InvalidInputException(
                    [.. unknown.Select(word => new InputError("WORD", $"'{word}' is not in the vocabulary.", "Words are as the tokenizer makes them, in lower case with most. Words that are not there share the unknown word's row."))]);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Explain(PlannedStage stage, IReadOnlyList<string> words, bool named)
    {
        if (named)
            Console.Out.WriteLine(stage.Name);
        foreach (string word in words)
        {
            if (!stage.Vocabulary.TryRowOf(word, out int row))
            {
                Console.Out.WriteLine($"{word}: not in this stage's vocabulary");
                continue;
            }

            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{word}: row {row}, rank {row - WordVocabulary.FirstWordRow + 1} by frequency, {stage.Vocabulary.Count(row)} times in the training data, {(stage.HasVector(row) ? "with" : "without")} a pretrained vector"));
            string[][] cells = [.. stage.Freeze.WordGroups.SelectMany(group => Enumerable.Range(0, stage.Freeze.Phases.Count).Select(phase => Cells(stage, phase, group, row)))];
            int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(line => line[column].Length))];
            foreach (string[] line in cells)
                Console.Out.WriteLine($"  {string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column])))}".TrimEnd());
        }
    }

    private static string[] Cells(PlannedStage stage, int phase, string group, int row)
    {
        FreezePlan plan = stage.Freeze;
        ulong met = stage.Classes is { } classes ? classes.SelectorsOf(classes.Of(row)) : 0;
        int deciding = plan.DecidingRule(phase, group, met);
        GroupRule rule = plan.RuleOf(phase, group, met);
        string does = rule.Frozen ? "frozen" : rule.Strength > 0 ? Invariant($"anchored, strength {rule.Strength}") : rule.Radius is { } radius ? Invariant($"capped, radius {radius}") : "tuned";
        if (!rule.Frozen && rule.Factor != 1)
            does += Invariant($", learning rate x{rule.Factor:0.####}");
        string because = deciding < 0 ? "no rule is about it"
            : Invariant($"rule {deciding + 1} of the phase{(plan.Phases[phase].Rules[deciding].Rows is { } rows ? $": {rows}" : ": all rows")}");
        bool known = !plan.Phases.Take(phase).Any(before => before.Until!.IsAwaited);
        string from = known ? Invariant($"from step {plan.Times.Starts([])[phase]}") : "from a step that training decides";
        return [group, $"phase {plan.NameOf(phase)}", from, does, because];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
