using System.Globalization;

namespace DistEmbed.Process.Tests.Cluster;

/// <summary>A job whose steps are nearly all rows and hardly any arithmetic: many words, long vectors, the mean of a sentence's.</summary>
internal static class WideJob
{
    private const int Words = 20000;
    private const int WordsAnExample = 40;

    /// <summary>Writes <c>wide.json</c> and its data.</summary>
    public static void Write(ToyFolder folder, int dimension, int epochs)
    {
        var random = new Random(7);
        folder.Write("wide.txt", string.Concat(Enumerable.Range(0, 1000).Select(i =>
            (i % 2 == 0 ? "even" : "odd") + string.Concat(Enumerable.Range(0, WordsAnExample).Select(_ => string.Create(CultureInfo.InvariantCulture, $" w{random.Next(Words)}"))) + "\n")));
        folder.Write("wide.json", $$"""
            {
              "name": "wide",
              "seed": 5,
              "data": { "format": "labelled-lines", "root": "{{folder.Path}}", "train": "wide.txt", "devFraction": 0 },
              "vectors": { "dimension": {{dimension}} },
              "model": { "kind": "bag" },
              "optimizers": { "default": { "kind": "sgd", "learningRate": 0.1 } },
              "training": { "batch": 200, "slices": 2, "epochs": {{epochs}} },
              "evaluation": { "keepBest": false },
              "report": { "metricsEverySteps": 1, "tensorBoard": false }
            }
            """);
    }
}
