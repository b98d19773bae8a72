using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>Prepared data as text, and the one error of wrong input.</summary>
internal static class Inspect
{
    /// <summary>The examples as "label: words".</summary>
    public static string[] Lines(this PreparedData data, ExampleSet examples) =>
    [
        .. Enumerable.Range(0, examples.Count).Select(i =>
            (examples.Label(i) < 0 ? "" : data.Labels[examples.Label(i)] + ": ") + string.Join(' ', examples.Tokens(i).ToArray().Select(data.Vocabulary.Word))),
    ];

    /// <summary>The training examples.</summary>
    public static string[] Lines(this PreparedData data) => data.Lines(data.Train);

    public static InputError Error(Action action) => Assert.Single(Assert.Throws<InvalidInputException>(action).Errors);
}
