using DistEmbed.Protocol;
using DistEmbed.Worker.Evaluation.Intrinsic;

namespace DistEmbed.Coordinator.Local;

/// <summary>Sets that word vectors are measured by, read from their files.</summary>
/// <param name="Pairs">Sets of pairs.</param>
/// <param name="Analogies">Sets of analogies.</param>
public sealed record IntrinsicSets(IReadOnlyList<WordPairFile> Pairs, IReadOnlyList<AnalogyFile> Analogies)
{
    /// <summary>Reads files.</summary>
    /// <exception cref="InvalidInputException">A file cannot be used; carries the errors of all files.</exception>
    public static IntrinsicSets Read(IEnumerable<string> pairs, IEnumerable<string> analogies)
    {
        var errors = new List<InputError>();
        var sets = new IntrinsicSets([.. pairs.SelectMany(path => Try(() => WordPairFile.Read(path), errors))], [.. analogies.SelectMany(path => Try(() => AnalogyFile.Read(path), errors))]);
        return errors.Count == 0 ? sets : throw new InvalidInputException(errors);
    }

    private static IReadOnlyList<T> Try<T>(Func<T> read, List<InputError> errors)
    {
        try
        {
            return [read()];
        }
        catch (InvalidInputException invalid)
        {
            errors.AddRange(invalid.Errors);
            return [];
        }
    }
}
