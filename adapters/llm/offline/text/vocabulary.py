"""The vocabulary of the offline model, folded (lower case, no accents).

Words of one meaning share one English term, so that a Spanish message matches a tool with an
English description, and vice versa.
"""

from types import MappingProxyType

_ENGLISH_STOPWORDS = """
a about all also am an and any anything are as at be been but by can could d did do does done for
from give had has have he her here hers hey him his how i if in into is it its just kindly let
like ll m many me much my need no now of off ok okay on or our ours out over please re s she
should so some something t tell than thank thanks that the their them then there these they this
those to too under up us ve very want was we were what when where which who whom whose why will
with would you your yours
"""
_SPANISH_STOPWORDS = """
a ahora al algo alguna algunas alguno algunos ante antes aqui asi aun cada como con contra cual
cuales cuando cuanta cuantas cuanto cuantos da dame de del dime donde dos e el ella ellas ellos en
entre era eran es esa esas ese eso esos esta estan estas este esto estos favor fue gracias ha
habia han hasta hay haz he hemos la las le les lo los luego mas me mi mis mucho muy nada necesito
ni no nos nosotros nuestra nuestro o oye para pero por porque puede puedes puedo pues que quien
quienes quiero se sea ser si sin sobre son soy su sus tambien te tengo ti tiene todas todo todos
tu tus u un una unas uno unos usted vale y ya yo
"""

ENGLISH_STOPWORDS = frozenset(_ENGLISH_STOPWORDS.split())
SPANISH_STOPWORDS = frozenset(_SPANISH_STOPWORDS.split())
STOPWORDS = ENGLISH_STOPWORDS | SPANISH_STOPWORDS

_ENGLISH = {
    "account": "accounts",
    "add": "append insert",
    "amount": "sum price total",
    "body": "saying says content",
    "calculate": "calculator calculation compute evaluate arithmetic math maths",
    "conversation": "chat chats talk talked talking said say discussed mention mentioned",
    "create": "new make generate register issue open",
    "current": "present",
    "customer": "client buyer",
    "delete": "remove erase destroy drop terminate",
    "dice": "die",
    "due": "deadline",
    "email": "mail emails mails",
    "file": "files",
    "get": "fetch retrieve obtain read",
    "instance": "server machine vm",
    "invoice": "bill",
    "limit": "max maximum top count",
    "list": "show display enumerate",
    "run": "execute invoke",
    "search": "find lookup look query seek",
    "send": "deliver mail",
    "start": "launch boot begin",
    "stop": "halt shutdown shut pause",
    "subject": "titled title",
    "time": "clock hour",
    "translate": "translation",
    "unit": "units",
    "update": "modify change edit set rename",
    "user": "users",
    "weather": "forecast temperature rain raining sunny snow snowing",
}
_SPANISH = {
    "account": "cuenta",
    "add": "anade anadir agrega agregar suma sumar",
    "address": "direccion",
    "amount": "importe monto cantidad precio total",
    "answer": "respuesta",
    "body": "cuerpo diciendo diga contenido texto",
    "book": "libro reserva reservar",
    "calculate": "calcula calcular calculo calculadora cuenta",
    "city": "ciudad",
    "close": "cierra cerrar",
    "conversation": "conversacion charla charlas hablamos hable hablado dijimos",
    "country": "pais",
    "create": "crea crear nueva nuevo genera generar emite emitir abre abrir",
    "current": "actual",
    "customer": "cliente",
    "date": "fecha",
    "day": "dia",
    "delete": "borra borrar elimina eliminar quita quitar",
    "dice": "dado dados",
    "document": "documento",
    "due": "vencimiento vence",
    "email": "correo",
    "file": "archivo fichero",
    "get": "obten obtener trae traer consulta consultar lee leer",
    "image": "imagen",
    "instance": "instancia servidor maquina",
    "invoice": "factura",
    "language": "idioma",
    "limit": "limite maximo max",
    "list": "lista listar listado muestra mostrar enumera ensena",
    "message": "mensaje",
    "name": "nombre",
    "news": "noticia",
    "note": "nota",
    "order": "pedido",
    "phone": "telefono",
    "product": "producto",
    "project": "proyecto",
    "question": "pregunta",
    "region": "region",
    "roll": "tira tirar tirada lanza lanzar",
    "report": "informe",
    "run": "ejecuta ejecutar",
    "search": "busca buscar busqueda encuentra encontrar",
    "send": "envia enviar manda mandar",
    "start": "arranca arrancar inicia iniciar enciende encender",
    "status": "estado",
    "stop": "deten detener apaga apagar",
    "subject": "asunto titulado",
    "summarize": "resume resumir resumen",
    "task": "tarea",
    "time": "hora",
    "translate": "traduce traducir traduccion",
    "unit": "unidad",
    "update": "actualiza actualizar modifica modificar cambia cambiar edita editar",
    "user": "usuario",
    "weather": "tiempo clima pronostico temperatura calor frio llueve lluvia nieva",
    "write": "escribe escribir",
    "zone": "zona",
}


def _by_word(groups: dict[str, str]) -> MappingProxyType[str, str]:
    return MappingProxyType({word: term for term, line in groups.items() for word in line.split()})


ENGLISH_TERMS = _by_word(_ENGLISH)
SPANISH_TERMS = _by_word(_SPANISH)

# What a tool does rather than what it is about: on its own it says little of which tool is meant.
_VERBS = """
add close create delete find get list open read run search send start stop summarize translate
update write
"""
VERBS = frozenset(_VERBS.split())

# Said around a value, never the value itself.
_FILLERS = """
please kindly hey hi hello ok okay hola favor containing regarding named called llamado llamada
number numero id where donde mean find what
"""
FILLERS = frozenset(_FILLERS.split())

# Words in a tool's name that say as little on their own as its verb does.
WEAK = VERBS | {"current", "data", "detail", "info", "information"}

# Said in one language only, where nothing else in a message may show which it is.
_ENGLISH_SIGNS = """
hello hi help today tomorrow yesterday january february march april may june july august september
october november december two three four five six seven eight nine ten twenty
"""
_SPANISH_SIGNS = """
hola ayuda hoy manana ayer enero febrero marzo abril mayo junio julio agosto septiembre octubre
noviembre diciembre dos tres cuatro cinco seis siete ocho nueve diez veinte
"""
_BOTH = ENGLISH_STOPWORDS & SPANISH_STOPWORDS
ENGLISH_MARKS = (ENGLISH_STOPWORDS | ENGLISH_TERMS.keys() | set(_ENGLISH_SIGNS.split())) - _BOTH
SPANISH_MARKS = (SPANISH_STOPWORDS | SPANISH_TERMS.keys() | set(_SPANISH_SIGNS.split())) - _BOTH
