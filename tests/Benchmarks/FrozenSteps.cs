using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Time of a step with the whole embedding tuned, with every second row frozen, and with all of it frozen; one process, one worker.</summary>
internal static class FrozenSteps
{
    private const int Words = 16000;

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        // A block is an epoch: the first one, which warms up, brings all frozen rows to the worker.
        int blocks = arguments.Int("blocks", 7), steps = arguments.Int("steps", 138), dimension = arguments.Int("dimension", 300);
        arguments.ThrowIfUnknown();
        TorchRuntime.Configure(InstructionSet.Avx2, 1);
        var sentences = new SyntheticSentences(138, 50, 2, Words, SyntheticSentences.OwnRow);
        int total = (blocks + 1) * steps;
        var optimizer = new AdadeltaSpec { Untouched = UntouchedRows.Exact };
        GroupTimeline Frozen(string group) => new(group, optimizer, total, GroupTimeline.Never);
        var half = new RowClasses([0, 1], [.. Enumerable.Range(0, Words + 2).Select(row => (byte)(row % 2))]);
        await using ClusterRun tuned = Make("tuned", null, null);
        await using ClusterRun mixed = Make("every second row frozen", null, table => table.Dense ? null : new RowRules(half, [new GroupTimeline(table.Group, optimizer, total), Frozen(table.Group)]));
        await using ClusterRun frozen = Make("frozen", group => group == "embedding" ? Frozen(group) : new GroupTimeline(group, optimizer, total), null);
        Contest contest = Contest.Run([tuned, mixed, frozen], blocks, steps);

        Console.WriteLine(Invariant($"text-cnn 3 x 100 maps, batch 50 in 2 slices, {dimension} numbers a word, {Words} words, Adadelta; {blocks} blocks of {steps} steps, {Environment.ProcessorCount} processors"));
        Console.WriteLine();
        Console.WriteLine("| embedding | ms a step | against tuned |");
        Console.WriteLine("| --- | --- | --- |");
        foreach (ClusterRun run in new[] { tuned, mixed, frozen })
            Console.WriteLine($"| {run.Name} | {contest.Of(run, b => b.Seconds / b.Steps * 1000).Cell("0.0")} | {contest.Ratio(run, tuned, b => b.Seconds / b.Steps)} |");

        ClusterRun Make(string name, Func<string, GroupTimeline>? timelines, Func<TableSpec, RowRules?>? rows) => new(
            name, 1, 1, 2, optimizer, sentences.Data, sentences, () => new TextCnn(new TextCnnSpec(), Words + 2, dimension, 2, 0.25f), [], total, timelines: timelines, rows: rows);
    }
}
