using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>The whole path against the same network in a plain TorchSharp loop, and against the same code without the path, in one run.</summary>
internal static class Overhead
{
    private const int Words = 16000;
    private const int DataSteps = 138; // SST-2's training sentences in batches of 50

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int blocks = arguments.Int("blocks", 7), steps = arguments.Int("steps", 40), dimension = arguments.Int("dimension", 300);
        arguments.ThrowIfUnknown();
        TorchRuntime.Configure(InstructionSet.Avx2, 1);
        var sentences = new SyntheticSentences(DataSteps, 50, 1, Words, SyntheticSentences.OwnRow);
        var spec = new TextCnnSpec();
        var skip = new AdadeltaSpec();
        int total = (blocks + 1) * steps;
        TextCnn Model() => new(spec, Words + 2, dimension, 2, 0.25f);

        using TextCnn model = Model();
        using var torch = new TorchLoop(model, skip, spec, sentences.Data, sentences, total);
        var plain = new PlainLoop(model, skip, sentences.Data, sentences, total);
        using var protocol = new ProtocolLoop(model, skip, sentences.Data, sentences, total);
        await using var path = new ClusterRun("whole path", 1, 1, 1, skip, sentences.Data, sentences, Model, [], total);
        await using var exact = new ClusterRun(
            "whole path, exact untouched rows", 1, 1, 1, skip with { Untouched = UntouchedRows.Exact }, sentences.Data, sentences, Model, [], total);

        var torchLoop = new Loop("plain TorchSharp loop", torch.Step);
        var plainLoop = new Loop("the same model in a plain loop", plain.Step);
        var protocolLoop = new Loop("messages and store, no actors", protocol.Step);
        Contest contest = Contest.Run([torchLoop, plainLoop, protocolLoop, path, exact], blocks, steps);

        Console.WriteLine(Invariant(
            $"text-cnn 3 x 100 maps, batch 50, {dimension} numbers a word, {sentences.RowsAStep():0} rows a step, Adadelta, 1 worker, 1 shard, 1 torch thread; {blocks} blocks of {steps} steps"));
        Console.WriteLine();
        contest.PrintSteps();
        Console.WriteLine();
        Console.WriteLine($"whole path / plain TorchSharp loop: {contest.Ratio(path, torchLoop, b => b.StepSeconds)}, goal at most 1.15");
        Console.WriteLine($"whole path / the same model in a plain loop: {contest.Ratio(path, plainLoop, b => b.StepSeconds)}");
        Console.WriteLine();
        Console.WriteLine($"plain loop, median ms a step: {plain.Times}");
        Console.WriteLine($"messages and store, median ms a step: {protocol.Times}");
    }
}
