"""A small thesaurus of everyday words by topic, so that words of one subject find each other.

A line is a topic: a word of it in a query matches tools with other words of it. A word may be in
several topics; each then has less weight. Words are English and Spanish, folded.
The lines were written from general knowledge, for no catalogue in particular.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from domain.tools.ranking.words import stem

_TOPICS: Final = """
account login signin signup profile membership password credential register cuenta registro
  usuario
advice advise recommend recommendation suggest suggestion tip idea guidance best inspiration
  consejo
advertise advertisement ads ad campaign banner sponsor promote promotion marketing anuncio
  publicidad
agriculture farm farmer farming crop harvest soil irrigation livestock fertilizer seed cultivo
  granja
air pollution quality emission smog carbon ozone climate environment aire contaminacion
alert alarm warning incident outage notification notify monitor monitoring pager alerta alarma
  aviso
analyze analysis analytics insight examine evaluate assess assessment inspect metric trend pattern
  statistics analizar analiza analisis
animal pet dog cat puppy kitten veterinary vet breed bird horse fish wildlife zoo perro gato
  mascota
art artist artwork painting paint gallery museum sculpture drawing exhibition masterpiece sketch
  arte
artificial ai intelligence chatbot gpt llm model prompt assistant bot agent neural
astrology horoscope zodiac tarot astrological fortune psychic aries taurus gemini leo virgo libra
  scorpio sagittarius capricorn aquarius pisces horoscopo
audio sound voice speech podcast recording microphone spoken listen transcribe transcript voz
backup restore snapshot archive recover recovery copia respaldo
bank account deposit transfer loan mortgage credit debit interest savings banco prestamo
beauty makeup cosmetics skincare skin hair perfume lipstick salon belleza
book novel author read reading fiction literature library genre ebook bestseller chapter libro
  leer
browse browser web website page url link internet online site webpage pagina enlace
build create make generate produce compose craft design new develop crear crea generar nuevo nueva
business company startup enterprise firm corporation entrepreneur organization corporate
  competitor industry ceo brand empresa negocio
buy purchase shop shopping store product price retail deal marketplace seller merchandise item
  ecommerce cart amazon laptop smartphone headphones comprar compra tienda producto precio
calculate calculation calculator compute math mathematics arithmetic equation formula algebra sum
  percentage calcula calcular suma
calendar schedule appointment meeting agenda reminder availability booking calendario cita reunion
car vehicle automobile auto truck dealer dealership driving drive suv sedan motor engine coche
  carro
charge charger charging electric ev tesla station carga
chart graph diagram plot visualize visualization histogram mindmap flowchart dashboard infographic
  grafico grafica diagrama
chat conversation dialogue talk discuss messenger conversacion
check verify validate confirm test inspect comprobar verificar verifica
child children kid baby toddler parent parenting family bedtime nino bebe familia
city town place location area region neighborhood local nearby address zip ciudad lugar direccion
claim fact true truth hoax evidence verify misinformation
clothes clothing fashion outfit dress shirt tshirt shoes style wardrobe wear apparel jacket jeans
  ropa
cloud server instance aws azure gcp vm virtual machine ec2 deploy deployment infrastructure
  hosting container kubernetes docker cluster servidor instancia nube desplegar maquina
code coding program programming developer software script python java javascript function bug
  debug algorithm compile api codigo programa
compare comparison versus difference contrast alternative similar comparar compara
contact phone telephone number address directory call contacto telefono
convert conversion converter transform format convertir convierte
country nation capital geography population demographic census continent pais poblacion
course lesson class education student teacher school university college study tutor tutorial teach
  training curriculum homework exam academic learning learn curso clase escuela estudiante
crypto cryptocurrency bitcoin ethereum litecoin dogecoin blockchain token wallet nft defi coin
  solana
currency exchange rate dollar euro yen pound forex usd eur gbp peso moneda divisa cambio
customer client crm lead sales prospect complaint feedback cliente ventas
data dataset csv spreadsheet excel table column row statistics sheet datos hoja tabla
database sql query schema table postgres mysql record consulta
date time clock hour timezone today tomorrow day now hora fecha dia hoy
dating romance love couple wedding marriage bride boyfriend girlfriend boda
decide decision choose choice option pros cons decidir
delete remove erase drop destroy discard wipe purge borrar borra eliminar elimina quitar
design logo template banner poster layout graphic font typography color diseno plantilla
dictionary word definition meaning define synonym vocabulary spelling phrase idiom significado
diet calorie nutrition nutrient nutritional meal protein vitamin weight fat carb healthy eating
  dieta
discount coupon promo promotion offer sale voucher bargain cheap saving descuento oferta cupon
doctor hospital clinic patient physician nurse appointment medical medico paciente
document pdf file page report paper contract docx slide presentation powerpoint documento informe
donate donation charity nonprofit fundraising volunteer cause ngo caridad
drug medicine medication pill pharmacy dosage prescription medicamento
earthquake seismic tsunami volcano disaster hurricane flood wildfire terremoto
electronics computer laptop hardware device gadget keyboard monitor cpu gpu ordenador
email mail inbox gmail outlook newsletter recipient correo
emergency ambulance police rescue fire safety emergencia
energy electricity power solar wind battery fuel gas petrol gasoline oil energia combustible
event concert festival show ticket theater theatre performance venue musical evento entrada boleto
execute run start launch boot begin trigger resume iniciar inicia arrancar arranca ejecutar
fact encyclopedia wikipedia wiki knowledge trivia
file folder upload download storage drive directory attachment bucket s3 archivo fichero carpeta
film movie tv television series watch streaming netflix cinema actor actress director trailer
  episode documentary anime entertainment thriller pelicula serie
finance financial stock market invest investment investor share shares portfolio trading trade
  dividend etf bond fund economy economic earnings asset equity nasdaq ticker wealth retirement
  crypto cryptocurrency bitcoin finanzas bolsa acciones mercado inversion
fitness workout exercise gym muscle yoga running cardio strength ejercicio gimnasio
flight airline airport plane fly airfare aviation layover vuelo aeropuerto avion
food recipe cook cooking ingredient dish meal cuisine bake dinner lunch breakfast kitchen chef
  cake receta comida cocinar
furniture home decor interior room sofa kitchen bedroom renovation mueble
game player gaming quest gamer videogame console multiplayer esports playing gameplay juego jugar
garden gardening plant flower tree lawn houseplant jardin planta
gift present birthday anniversary christmas holiday surprise regalo
government politics political politician election vote senator congress policy president minister
  parliament gobierno politica
habit routine goal discipline motivation productivity journal habito
health healthcare medical disease symptom illness treatment therapy diagnosis wellness cancer
  clinical trial covid vaccine salud enfermedad
history historical ancient century war past timeline historia
hotel accommodation hostel stay lodging airbnb resort room motel cabin alojamiento
house home apartment property real estate condo rent rental lease tenant landlord realtor mortgage
  bedroom villa housing casa piso alquiler vivienda
image picture photo photograph photography camera wallpaper png jpeg imagen foto
improve optimize enhance boost increase better refine upgrade optimization mejorar
insurance insure policy claim coverage premium seguro poliza
internet network wifi bandwidth dns domain ip traffic red
invoice bill billing payment pay receipt refund subscription checkout factura cobro recibo
job career employment hire hiring resume cv recruiter salary interview vacancy employer profession
  empleo trabajo curriculum
joke funny humor meme gif laugh comedy chiste
language translate translation translator english spanish french german chinese japanese korean
  bilingual grammar idioma traduce traducir traduccion
law legal lawyer attorney court regulation legislation rights statute lawsuit judge ley abogado
list show display enumerate view lista listar muestra mostrar
log logs trace error exception debug crash stacktrace registro
logistics ship shipping shipment delivery deliver package parcel courier freight track tracking
  warehouse haul moving envio paquete entrega
manual handbook documentation guide instructions reference
map location direction route navigation navigate distance near nearby gps trail mapa ruta
  ubicacion
marketing campaign seo keyword audience brand promotion traffic ranking rank organic visibility
  backlink mercadotecnia
memory remember memorize recall flashcard study recordar
mental stress anxiety depression therapy counseling emotion mood mindfulness meditation psychology
message chat text sms slack whatsapp telegram discord mensaje
music song album artist playlist band lyrics melody singer spotify concert soundtrack track tune
  genre musica cancion
news headline headlines article journalist press newspaper breaking current affairs noticias
note notebook memo journal diary jot nota apunte
park parking carpark garage aparcamiento estacionamiento
payment pay transaction checkout card paypal stripe transfer pago pagar
permission role authorization privilege user access grant permiso
personality trait character mbti introvert psychology
photo camera edit filter photography portrait retouch
poem poetry story verse rhyme narrative fairy storytelling tale poema cuento
project task todo team management manage workflow milestone deadline sprint kanban productivity
  jira proyecto tarea
puzzle sudoku crossword riddle chess checkers board cards
question answer faq quiz trivia pregunta respuesta
religion bible god prayer church faith scripture quran verse spiritual islam muslim christian
repository repo github gitlab git commit branch pull source repositorio
research paper academic scientific journal scholar publication citation arxiv scientist literature
  science study investigacion
reserve reservation book booking table ticket reservar reserva
restaurant dining dine eat cafe bar menu food reservation cuisine restaurante
review rating feedback opinion testimonial comment resena opinion
road traffic speed camera highway driving trafico
robot device iot sensor automation automate smart home
science physics chemistry biology experiment molecule chemical scientific ciencia
search find lookup locate seek discover explore query google buscar busca encontrar encuentra
security secure vulnerability hack hacker attack malware phishing malicious encryption scan
  scanner exploit threat antivirus safe seguridad
sell sale seller listing vender
send deliver dispatch transmit forward enviar envia manda
shell terminal command ssh bash console linux
social media twitter tweet facebook instagram tiktok linkedin influencer hashtag follower reddit
  post viral publicacion
space nasa planet star galaxy astronomy satellite rocket telescope moon mars solar universe orbit
  iss
sport sports football soccer basketball baseball tennis cricket team league match score player
  championship season coach athlete nba nfl golf tournament deporte partido
status state health condition uptime availability estado
stop halt shutdown terminate pause kill cancel abort suspend end detener deten parar apagar apaga
summary summarize shorten condense digest recap brief overview gist resumen resumir resume
sea ocean beach wave tide surf swim boat sail coast mar playa
tax irs deduction vat taxation income impuesto
train subway metro station bus transit railway transport line commute tren autobus transporte
travel trip vacation tour tourist tourism destination itinerary holiday attraction sightseeing
  hotel flight visit traveler journey beach adventure rental viaje viajar vacaciones turismo
trend trending popular viral hot tendencia
unit measure measurement kilogram meter mile celsius fahrenheit unidad medida
update modify change edit alter adjust revise amend set actualizar actualiza modificar cambiar
user member employee people person staff usuario empleado
video youtube clip watch channel film streaming subtitle footage
visual image design graphic illustration render
weather forecast temperature rain sunny snow humidity storm climate wind rainy cloudy hot cold
  tiempo clima pronostico lluvia
website webpage site blog wordpress landing html homepage host sitio
wine beer cocktail drink alcohol whisky coffee tea beverage bebida vino
write writing essay article blog draft copywriting content paragraph rewrite paraphrase proofread
  grammar polish text writer escribir escribe redactar
"""


@cache
def _topics() -> Mapping[str, tuple[str, ...]]:
    topics: dict[str, list[str]] = {}
    for line in _TOPICS.strip().replace("\n  ", " ").splitlines():
        words = line.split()
        for word in dict.fromkeys(map(stem, words)):
            topics.setdefault(word, []).append(f"#{words[0]}")
    return MappingProxyType({word: tuple(dict.fromkeys(names)) for word, names in topics.items()})


def topics_of(stemmed: str) -> tuple[str, ...]:
    """Return the topics of a stem, each as ``#word``; none if it is not in the thesaurus."""
    return _topics().get(stemmed, ())
