using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>A part of a run's data and what its weights predict for it.</summary>
/// <param name="Name"><see cref="Dev"/> or <see cref="Test"/>.</param>
/// <param name="Examples">The examples.</param>
/// <param name="Probabilities">Class probabilities of each, [examples x labels].</param>
public sealed record PredictedPart(string Name, ExampleSet Examples, float[] Probabilities)
{
    /// <summary>Name of the dev part.</summary>
    public const string Dev = "dev";

    /// <summary>Name of the test part.</summary>
    public const string Test = "test";

    /// <summary>Predicts the dev and the test part, as far as there are any; none for a model that is no classifier.</summary>
    /// <param name="run">What was trained.</param>
    /// <param name="data">Its data.</param>
    public static IReadOnlyList<PredictedPart> AllOf(TrainedRun run, PreparedData data)
    {
        var parts = new List<PredictedPart>();
        foreach ((string name, ExampleSet? examples) in new[] { (Dev, data.Dev), (Test, data.Test) })
        {
            if (examples is not null && run.IsClassifier)
                parts.Add(new PredictedPart(name, examples, run.Predict(examples)));
        }

        return parts;
    }

    /// <summary>Whether the most probable label of each example is its own.</summary>
    public bool[] Right()
    {
        int labels = Probabilities.Length / Math.Max(1, Examples.Count);
        return [.. Enumerable.Range(0, Examples.Count).Select(i => ClassifierScore.MostProbable(Probabilities.AsSpan(i * labels, labels)) == Examples.Label(i))];
    }
}
