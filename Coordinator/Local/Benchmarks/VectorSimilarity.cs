using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Local.Benchmarks;

/// <summary>How the vectors of a file agree by themselves with people's judgements of similarity, beside what they are worth to the tasks.</summary>
/// <param name="Vectors">Name of the vectors.</param>
/// <param name="Sets">The sets of word pairs.</param>
public sealed record VectorSimilarity(string Vectors, IReadOnlyList<WordSimilarity> Sets)
{
    /// <summary>WordSim-353 (Finkelstein et al. 2002) and SimLex-999 (Hill et al. 2015), as mfaruqui/eval-word-vectors names them.</summary>
    private static readonly string[] s_files = ["wordsim/EN-WS-353-ALL.txt", "wordsim/EN-SIMLEX-999.txt"];

    /// <summary>Those sets of pairs that a data folder has.</summary>
    /// <exception cref="InvalidInputException">A file cannot be used.</exception>
    public static IntrinsicSets SetsIn(string root) => IntrinsicSets.Read(s_files.Select(file => Path.Combine(root, file)).Where(File.Exists), []);

    /// <summary>Measures the vectors of files; random ones have no words.</summary>
    /// <exception cref="InvalidInputException">A file cannot be read.</exception>
    public static IReadOnlyList<VectorSimilarity> Of(IEnumerable<BenchmarkVectors> vectors, IntrinsicSets sets)
    {
        if (sets.Pairs.Count == 0)
            return [];
        var conventions = new Conventions();
        return [.. vectors.Where(each => each.Path is not null).Select(each =>
        {
            var words = new WordDirections(each.Dimension);
            FrequentWords.Read(each.Path!, conventions.Restrict, words.Add);
            return new VectorSimilarity(each.Name, [.. sets.Pairs.Select(set => WordSimilarity.Of(words, set, conventions))]);
        })];
    }
}
