namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>Where words stand among the most frequent ones of a <see cref="WordDirections"/>, by a convention, and which of those that were asked for are not there.</summary>
internal sealed class WordPlaces
{
    private readonly Conventions _conventions;
    private readonly Dictionary<string, List<int>> _places = new(StringComparer.Ordinal);
    private readonly List<string> _missing = [];

    /// <summary>Looks for words.</summary>
    /// <param name="words">All words, the most frequent first.</param>
    /// <param name="asked">The words to look for.</param>
    /// <param name="conventions">How they are compared.</param>
    public WordPlaces(IReadOnlyList<string> words, IEnumerable<string> asked, Conventions conventions)
    {
        _conventions = conventions;
        // What nobody asks for needs no place: files of questions have some hundreds of words, files of vectors millions.
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string word in asked)
        {
            if (first.TryAdd(conventions.Fold(word), word))
                _places[conventions.Fold(word)] = [];
        }

        Count = Math.Min(words.Count, conventions.Restrict);
        for (int place = 0; place < Count; place++)
        {
            if (_places.TryGetValue(conventions.Fold(words[place]), out List<int>? places))
                places.Add(place);
        }

        Asked = first.Count;
        _missing.AddRange(first.Where(word => _places[word.Key].Count == 0).Select(word => word.Value));
    }

    /// <summary>Words that count.</summary>
    public int Count { get; }

    /// <summary>Distinct words that were asked for.</summary>
    public int Asked { get; }

    /// <summary>Those without a place, in the order in which they were asked for.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>The place of a word that was asked for: of the most frequent one where case does not count; null: it is not there.</summary>
    public int? this[string word] => _places[_conventions.Fold(word)] is [int place, ..] ? place : null;

    /// <summary>The places of a word that was asked for and of all that differ from it in case alone, where case does not count.</summary>
    public IReadOnlyList<int> All(string word) => _places[_conventions.Fold(word)];
}
