using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

/// <summary>Job files that the tests start from.</summary>
internal static class JobTexts
{
    public const string Cnn = """
        {
          "name": "trec",
          "data": { "format": "labelled-lines", "train": "train.txt", "labelEndsAt": ":" },
          "vectors": { "file": "vectors.bin" },
          "model": { "kind": "text-cnn" },
          "optimizers": { "default": { "kind": "adadelta" } },
          "training": { "epochs": 4 }
        }
        """;

    public const string Staged = """
        {
          "name": "docs",
          "data": { "format": "dotnet-docs", "labelled": false },
          "vectors": { "dimension": 50 },
          "model": { "kind": "cbow", "window": 3 },
          "optimizers": { "default": { "kind": "sgd", "learningRate": 0.05, "momentum": 0.5 } },
          "training": { "batch": 100, "epochs": 2 },
          "stages": [
            { "name": "vectors" },
            {
              "name": "tune.1",
              "data": { "labelled": true },
              "vectors": { "file": "stage:vectors" },
              "model": { "kind": "bag" },
              "optimizers": { "default": { "learningRate": 0.1 }, "embedding": { "kind": "adam" } },
              "training": { "epochs": 5 },
            },
          ],
        }
        """;

    public static JobFile Parse(string text, params string[] settings) => JobFile.Parse(text, "job.json", settings);

    public static JobSpec CnnWith(params string[] settings) => Parse(Cnn, settings).Stages.Single().Spec;

    public static IReadOnlyList<InputError> Errors(string text, params string[] settings) =>
        Assert.Throws<InvalidInputException>(() => Parse(text, settings)).Errors;
}
